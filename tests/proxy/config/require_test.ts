/** `registries.*.require`: keys and trusted roots that can be used. */
import assert from "node:assert/strict";
import { FakeSigstore } from "../../fake/sigstore.ts";
import { loaded, loadYaml, problems } from "./fixture.ts";

const root = (await FakeSigstore.start()).trustedRoot();
const changed = (change: (json: Record<string, unknown[]>) => void) => {
  const json = JSON.parse(root);
  change(json);
  return JSON.stringify(json);
};

/** A configuration whose image has to be signed as `cosign` says. */
const yaml = (cosign: string) =>
  `registries:\n  hub:\n    url: https://registry.example.com\n` +
  `    require: [{ cosign: { ${cosign} } }]\n`;
const KEYLESS = "certificate_identity: anna@example.com, issuer: https://a.example, ";

Deno.test("require, a trusted root and what is asked with it", async () => {
  const files = { "/srv/root.json": root };
  const text = yaml(`${KEYLESS} trusted_root: root.json`);
  const { config, files: watched } = loaded(await loadYaml(text, { files }));
  assert.equal(config.registries.hub?.require[0]?.cosign.issuer, "https://a.example");
  assert.ok(watched.includes("/srv/root.json"), "a change of it is noticed");
});

Deno.test("require, what cannot be used is named", async () => {
  const expired = (await FakeSigstore.start()).trustedRoot("2025-06-01T00:00:00Z");
  const rows: [string, string | Error | undefined, RegExp][] = [
    ["", undefined, /cosign: expected keys, or certificate_identity, issuer, trusted_root$/],
    [
      "trusted_root: root.json",
      root,
      /certificate_identity: expected with issuer and trusted_root/,
    ],
    ["trusted_root: root.json", root, /cosign\.issuer: expected with certificate_identity and/],
    [KEYLESS, undefined, /trusted_root: expected with certificate_identity and issuer/],
    [
      `${KEYLESS} trusted_root: root.json`,
      undefined,
      /trusted_root: cannot read \/srv\/root\.json/,
    ],
    [
      `${KEYLESS} trusted_root: root.json`,
      "{",
      /root\.json is no trusted root of Sigstore: expected an object/,
    ],
    [
      `${KEYLESS} trusted_root: root.json`,
      changed((it) => it.certificateAuthorities = []),
      /is no trusted root of Sigstore: certificateAuthorities: expected at least one$/,
    ],
    [
      `${KEYLESS} trusted_root: root.json`,
      changed((it) => delete it.tlogs),
      /is no trusted root of Sigstore: tlogs: expected at least one$/,
    ],
    [
      `${KEYLESS} trusted_root: root.json`,
      changed((it) => it.ctlogs = [{ publicKey: { rawBytes: "AAAA" }, logId: { keyId: "AA==" } }]),
      /root\.json has a certificate or a key that cannot be read: /,
    ],
    [
      `${KEYLESS} trusted_root: root.json`,
      expired,
      /root\.json has expired: the last of its certificateAuthorities ended at 2025-06-01T00:00:00/,
    ],
    [
      "keys: [root.json]",
      root,
      /keys\[0\]: \/srv\/root\.json has no public key; expected one in PEM/,
    ],
    ["keys: [root.json]", undefined, /keys\[0\]: cannot read \/srv\/root\.json/],
  ];
  for (const [cosign, file, expected] of rows) {
    const files: Record<string, string | Error> = file === undefined
      ? {}
      : { "/srv/root.json": file };
    const found = problems(await loadYaml(yaml(cosign), { files }));
    assert.ok(found.some((it) => expected.test(it)), `${expected}: ${found.join("\n")}`);
  }
});
