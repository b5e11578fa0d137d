import "reflect-metadata";
import { Name, X509Certificate } from "@peculiar/x509";
import assert from "node:assert/strict";
import { join } from "node:path";
import { authorityDir, expiryWarning, openAuthority } from "../../../proxy/forward/intercept/ca.ts";
import { nameConstraints } from "../../../proxy/forward/intercept/constraints.ts";
import { issueLeaf } from "../../../proxy/forward/intercept/leaf.ts";
import { CaError } from "../../../proxy/forward/intercept/ca_error.ts";
import { type CaShape, makeCa, makeKey, NOW } from "./authority.ts";

const DAY = 86_400_000;

async function inTemp(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("openAuthority, makes a CA once and keeps it", () =>
  inTemp(async (root) => {
    const dir = join(root, "ca");
    const first = await openAuthority({ dir, hosts: ["ghcr.io"], now: NOW });
    const second = await openAuthority({ dir, hosts: ["quay.io"], now: NOW + DAY });
    assert.equal(second.pem, first.pem);
    assert.match(first.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    assert.equal(first.chain, "", "clients hold the CA itself");
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(join(dir, "ca.key"))).mode! & 0o777, 0o600);
    }
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["ca.crt", "ca.key"], "no temporary file is left");
  }));

Deno.test("openAuthority, a CA of ours may sign for the given hosts alone", () =>
  inTemp(async (dir) => {
    const hosts = ["ghcr.io", "Registry.example.com", "10.0.0.5"];
    const authority = await openAuthority({ dir, hosts, now: NOW });
    const table: [string, boolean][] = [
      ["ghcr.io", true],
      ["pkg.ghcr.io", true],
      ["registry.example.com", true],
      ["example.com", false],
      ["evilghcr.io", false],
      ["bank.example", false],
      ["10.0.0.5", true],
      ["10.0.0.6", false],
      ["2001:db8::1", false],
    ];
    for (const [host, expected] of table) assert.equal(authority.covers(host), expected, host);
  }));

Deno.test("openAuthority, with names alone no address is covered, and the other way round", () =>
  inTemp(async (dir) => {
    const names = await openAuthority({ dir: join(dir, "a"), hosts: ["ghcr.io"], now: NOW });
    assert.equal(names.covers("127.0.0.1"), false);
    assert.equal(names.covers("::1"), false);
    const addresses = await openAuthority({ dir: join(dir, "b"), hosts: ["::1"], now: NOW });
    assert.equal(addresses.covers("::1"), true);
    assert.equal(addresses.covers("ghcr.io"), false);
  }));

const SHAPES: CaShape[] = [
  { key: "rsa", format: "pkcs1" },
  { key: "rsa", format: "pkcs8" },
  { key: "P-256", format: "sec1" },
  { key: "P-384", format: "pkcs8" },
  { key: "P-521", format: "sec1" },
];
for (const shape of SHAPES) {
  Deno.test(`openAuthority, takes the operator's own: ${shape.key} as ${shape.format}`, () =>
    inTemp(async (dir) => {
      const files = await makeCa(dir, shape);
      const authority = await openAuthority({ dir, ...files, hosts: [], now: NOW });
      assert.ok(authority.covers("anything.example"));
      const leaf = new X509Certificate((await issueLeaf(authority, "ghcr.io", NOW)).cert);
      const publicKey = authority.certificate.publicKey;
      assert.ok(await leaf.verify({ publicKey, date: new Date(NOW) }));
    }));
}

Deno.test("openAuthority, an openssl key file with its parameters first", () =>
  inTemp(async (dir) => {
    const files = await makeCa(dir, { key: "P-256", format: "sec1" });
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n" +
      "-----END EC PARAMETERS-----\n";
    const key = await Deno.readTextFile(files.keyFile);
    await Deno.writeTextFile(files.keyFile, parameters + key);
    await openAuthority({ dir, ...files, hosts: [], now: NOW });
  }));

Deno.test("issueLeaf, names the CA in the very bytes that it has for itself", () =>
  inTemp(async (dir) => {
    // mkcert writes PrintableString where it can, openssl UTF8String: clients see two names.
    const encodings = [
      (text: string) => ({ printableString: text }),
      (text: string) => ({ utf8String: text }),
    ];
    for (const encode of encodings) {
      const name = new Name([{ C: [encode("NL")] }, { CN: [encode("CA")] }]);
      const files = await makeCa(dir, { name });
      const authority = await openAuthority({ dir, ...files, hosts: [], now: NOW });
      const leaf = new X509Certificate((await issueLeaf(authority, "ghcr.io", NOW)).cert);
      assert.deepEqual(
        new Uint8Array(leaf.issuerName.toArrayBuffer()),
        new Uint8Array(authority.certificate.subjectName.toArrayBuffer()),
      );
    }
  }));

const { success: hasOpenssl } = await new Deno.Command("sh", { args: ["-c", "openssl version"] })
  .output();

Deno.test({
  name: "openAuthority, keys locked as container-registry-proxy does, by either openssl",
  ignore: !hasOpenssl,
  fn: () =>
    inTemp(async (dir) => {
      const files = await makeCa(dir, { key: "rsa" });
      const locked = join(dir, "locked.key");
      for (const format of [["-traditional"], [], ["-aes256"]]) {
        const cipher = format.includes("-aes256") ? [] : ["-des3"];
        const { success } = await new Deno.Command("openssl", {
          args: [
            ...["rsa", "-in", files.keyFile, "-out", locked, "-passout", "pass:foobar"],
            ...cipher,
            ...format,
          ],
          stderr: "null",
        }).output();
        assert.ok(success);
        assert.match(await Deno.readTextFile(locked), /ENCRYPTED/);
        await openAuthority({ dir, ...files, keyFile: locked, hosts: [], now: NOW });
      }
    }),
});

Deno.test("openAuthority, says what is wrong with the operator's files", () =>
  inTemp(async (dir) => {
    const open = (files: { certFile: string; keyFile: string }) =>
      openAuthority({ dir, ...files, hosts: [], now: NOW });
    const refused = async (shape: CaShape, message: RegExp, change?: (f: string) => void) => {
      const files = await makeCa(dir, shape);
      change?.(files.keyFile);
      await assert.rejects(open(files), (error) => {
        assert.ok(error instanceof CaError);
        assert.match(error.message, message);
        return true;
      });
    };
    const write = (text: string) => (file: string) => Deno.writeTextFileSync(file, text);
    const other = makeKey("P-256").export({ type: "pkcs8", format: "pem" }) as string;

    await refused({ isCa: false }, /ca\.crt: expected the certificate of a CA/);
    await refused({ until: -1 }, /ca\.crt: the CA expired on 2026-07-31/);
    await refused({ from: 2 * DAY }, /ca\.crt: the CA is not valid before 2026-08-03/);
    await refused({}, /ca\.key: the key does not belong to the certificate/, write(other));
    await refused({ key: "rsa" }, /ca\.key: the key does not belong/, write(other));
    await refused({}, /ca\.key: expected a private key in PEM/, write("nonsense"));
    const broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    await refused({}, /ca\.key: the private key in it cannot be read/, write(broken));
    const locked = broken.replaceAll("PRIVATE", "ENCRYPTED PRIVATE");
    await refused({}, /ca\.key: the key is encrypted; take the passphrase off/, write(locked));
    await refused({}, /ca\.key: there is no such file/, (file) => Deno.removeSync(file));

    const file = join(dir, "file");
    await Deno.writeTextFile(file, "");
    const inFile = openAuthority({ dir: file, hosts: [], now: NOW });
    await assert.rejects(inFile, /^CaError: \S+ca\.key: cannot be written: /);

    const { keyFile } = await makeCa(dir);
    const missing = join(dir, "missing.crt");
    await assert.rejects(open({ certFile: missing, keyFile }), /missing\.crt: there is no such/);
    await assert.rejects(open({ certFile: keyFile, keyFile }), /expected a certificate in PEM/);
  }));

Deno.test("openAuthority, keeps to the constraints of the operator's CA", () =>
  inTemp(async (dir) => {
    const files = await makeCa(dir, { extensions: [nameConstraints(["corp.example"])] });
    const authority = await openAuthority({ dir, ...files, hosts: ["ghcr.io"], now: NOW });
    assert.equal(authority.covers("registry.corp.example"), true);
    assert.equal(authority.covers("ghcr.io"), false);
  }));

Deno.test("expiryWarning, within 30 days of the end", () =>
  inTemp(async (dir) => {
    const files = await makeCa(dir, { until: 40 * DAY });
    const authority = await openAuthority({ dir, ...files, hosts: [], now: NOW });
    assert.equal(expiryWarning(authority, NOW), undefined);
    assert.match(expiryWarning(authority, NOW + 11 * DAY)!, /expires in 29 days, on 2026-09-10/);
    assert.match(expiryWarning(authority, NOW + 50 * DAY)!, /has expired/);
  }));

Deno.test("authorityDir, a mounted directory comes before the cache's", () =>
  inTemp(async (dir) => {
    assert.equal(await authorityDir("/var/berth", dir), dir);
    assert.equal(await authorityDir("/var/berth", join(dir, "none")), "/var/berth/ca");
  }));

Deno.test("issueLeaf, P-256, one name, at most seven days and within the CA's", () =>
  inTemp(async (dir) => {
    const files = await makeCa(dir, { until: 2 * DAY });
    const short = await openAuthority({ dir, ...files, hosts: [], now: NOW });
    const long = await openAuthority({ dir: join(dir, "own"), hosts: ["ghcr.io"], now: NOW });
    for (const [authority, days] of [[short, 2], [long, 7]] as const) {
      const leaf = await issueLeaf(authority, "ghcr.io", NOW);
      const certificate = new X509Certificate(leaf.cert);
      const lifetime = certificate.notAfter.getTime() - certificate.notBefore.getTime();
      assert.ok(lifetime <= 7 * DAY, `${lifetime}`);
      assert.ok(certificate.notAfter.getTime() <= NOW + days * DAY);
      assert.ok(leaf.renewAt < certificate.notAfter.getTime());
      assert.deepEqual(certificate.publicKey.algorithm, { name: "ECDSA", namedCurve: "P-256" });
      assert.equal(certificate.issuer, authority.certificate.subject);
      assert.match(certificate.getExtension("2.5.29.17")!.toString("text"), /DNS: ghcr\.io/);
    }
    const address = await issueLeaf(short, "127.0.0.1", NOW);
    const text = new X509Certificate(address.cert).getExtension("2.5.29.17")!.toString("text");
    assert.match(text, /IP: 127\.0\.0\.1/);
  }));
