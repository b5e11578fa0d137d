/** Signatures by an identity, against a trusted root of the tests' own. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FakeSigstore, type Signing } from "../../fake/sigstore.ts";
import { keylessSigner } from "../../../proxy/trust/keyless_signer.ts";
import { type Finding, signedBundle, simpleSignature } from "../../../proxy/trust/signature.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const IDENTITY = "https://git.example/acme/app/.ci/release.yml@refs/heads/main";
const ISSUER = "https://token.git.example";
const SIGNING: Signing = { identity: IDENTITY, issuer: ISSUER };

const ours = await FakeSigstore.start();
const theirs = await FakeSigstore.start();
const signer = (more: Partial<{ identity: string; issuer: string; root: string }> = {}) =>
  keylessSigner({ identity: IDENTITY, issuer: ISSUER, root: ours.trustedRoot(), ...more });

const statement = (digest: string, predicateType = "https://sigstore.dev/cosign/sign/v1") =>
  Buffer.from(JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: digest.slice(7) } }],
    predicateType,
  }));

// deno-lint-ignore no-explicit-any
type Bundle = any;

/** What `from` makes of `signing`, after `change`, to somebody who asks for DIGEST. */
async function found(
  { from = ours, signing = SIGNING, by = signer(), payload = statement(DIGEST), change }: {
    from?: FakeSigstore;
    signing?: Signing;
    by?: ReturnType<typeof signer>;
    payload?: Buffer;
    change?: (bundle: Bundle) => void;
  } = {},
): Promise<Finding | undefined> {
  const bundle: Bundle = await from.bundle(payload, signing);
  change?.(bundle);
  const read = signedBundle(Buffer.from(JSON.stringify(bundle)), DIGEST);
  return read && await by.bundle(read);
}

/** What the older form is to somebody who asks for DIGEST. */
async function foundSimple(
  signing: Signing = SIGNING,
  change?: (annotations: Record<string, string>) => void,
  from = ours,
) {
  const payload = Buffer.from(JSON.stringify({
    critical: {
      identity: { "docker-reference": "hub/org/app" },
      image: { "docker-manifest-digest": DIGEST },
      type: "cosign container image signature",
    },
  }));
  const annotations = await from.annotations(payload, signing);
  change?.(annotations);
  const read = simpleSignature(payload, annotations, DIGEST);
  return read && await signer().simple(read);
}

const SIGNER = { signer: `${IDENTITY} of ${ISSUER}` };
const flip = (base64: string) => {
  const bytes = Buffer.from(base64, "base64");
  bytes[bytes.length - 1]! ^= 1;
  return bytes.toString("base64");
};
const entry = (bundle: Bundle) => bundle.verificationMaterial.tlogEntries[0];

Deno.test("keyless, what was signed by the identity is found, with it", async () => {
  assert.deepEqual(await found(), SIGNER);
  const glob = "https://git.example/acme/*/.ci/release.yml@refs/heads/**";
  assert.deepEqual(await found({ by: signer({ identity: glob }) }), SIGNER);
  const anna = { identity: "anna@example.com", issuer: ISSUER };
  assert.deepEqual(await found({ signing: anna, by: signer({ identity: "*@example.com" }) }), {
    signer: `anna@example.com of ${ISSUER}`,
  });
  assert.deepEqual(await foundSimple(), SIGNER, "the older form");
});

Deno.test("keyless, a proof of the log or its promise is enough, but one that was touched is not", async () => {
  const rows: [string, (bundle: Bundle) => void, RegExp | undefined][] = [
    ["no proof", (it) => delete entry(it).inclusionProof, /does not hold: invalid bundle/],
    // Without a promise nobody says when it was logged.
    ["no promise", (it) => delete entry(it).inclusionPromise, /expected 1 timestamps, got 0/],
    ["promise", (it) => {
      const { inclusionPromise } = entry(it);
      inclusionPromise.signedEntryTimestamp = flip(inclusionPromise.signedEntryTimestamp);
    }, /inclusion promise could not be verified/],
    ["time", (it) => {
      entry(it).integratedTime = String(Number(entry(it).integratedTime) + 1);
    }, /inclusion promise could not be verified/],
    ["proof", (it) => {
      const { hashes } = entry(it).inclusionProof;
      hashes[0] = flip(hashes[0]);
    }, /calculated root hash does not match/],
    ["checkpoint", (it) => {
      const { checkpoint } = entry(it).inclusionProof;
      checkpoint.envelope = checkpoint.envelope.replace("\n2\n", "\n3\n");
    }, /invalid checkpoint signature/],
    ["signature", (it) => {
      const [one] = it.dsseEnvelope.signatures;
      one.sig = flip(one.sig);
    }, /signature mismatch/],
    ["no entry", (it) => it.verificationMaterial.tlogEntries = [], /expected 1 timestamps, got 0/],
    ["no certificate", (it) => delete it.verificationMaterial.certificate, /invalid bundle/],
    ["no material", (it) => delete it.verificationMaterial, /invalid bundle/],
  ];
  for (const [title, change, expected] of rows) {
    const finding = await found({ change });
    assert.ok(finding && "why" in finding, title);
    assert.match(finding.why, expected!, title);
  }
});

Deno.test("keyless, who else signed, or with whose word, does not count, and is told", async () => {
  const other = "https://git.example/evil/app/.ci/release.yml@refs/heads/main";
  assert.deepEqual(await found({ signing: { ...SIGNING, identity: other } }), {
    why: `its signature is by ${other} of ${ISSUER}`,
  });
  assert.deepEqual(await found({ signing: { ...SIGNING, issuer: "https://evil.example" } }), {
    why: `its signature is by ${IDENTITY} of https://evil.example`,
  });
  // An identity is no pattern of another one's parts.
  const longer = `${IDENTITY}.evil.example`;
  assert.deepEqual(await found({ signing: { ...SIGNING, identity: longer } }), {
    why: `its signature is by ${longer} of ${ISSUER}`,
  });
  const finding = await foundSimple({ ...SIGNING, identity: other });
  assert.deepEqual(finding, { why: `its signature is by ${other} of ${ISSUER}` });
});

Deno.test("keyless, the certificate has to be of the root's authority and in its log, and valid when it was used", async () => {
  const rows: [string, Promise<Finding | undefined>, RegExp][] = [
    ["another authority", found({ from: theirs }), /does not hold: /],
    ["another root", found({ by: signer({ root: theirs.trustedRoot() }) }), /does not hold: /],
    ["not logged", found({ signing: { ...SIGNING, otherLog: true } }), /SCT verification failed/],
    [
      "too late",
      found({ signing: { ...SIGNING, after: 11 * 60_000 } }),
      /Failed to verify certificate chain/,
    ],
    [
      "too early",
      found({ signing: { ...SIGNING, after: -60_000 } }),
      /Failed to verify certificate chain/,
    ],
    [
      "an authority that had ended by then",
      found({ by: signer({ root: ours.trustedRoot("2025-01-01T00:00:00Z") }) }),
      /does not hold: /,
    ],
    ["older form, another authority", foundSimple(SIGNING, undefined, theirs), /does not hold: /],
    ["older form, too late", foundSimple({ ...SIGNING, after: 11 * 60_000 }), /certificate chain/],
    [
      "older form, another signature's proof",
      foundSimple(SIGNING, (it) => {
        const key = "dev.cosignproject.cosign/signature";
        it[key] = flip(it[key]!);
      }),
      /signature mismatch/,
    ],
    [
      "older form, no proof",
      foundSimple(SIGNING, (it) => void delete it["dev.sigstore.cosign/bundle"]),
      /expected 1 timestamps, got 0/,
    ],
    [
      "older form, no certificate",
      foundSimple(SIGNING, (it) => void delete it["dev.sigstore.cosign/certificate"]),
      /does not hold: /,
    ],
  ];
  for (const [title, finding, expected] of rows) {
    const settled = await finding;
    assert.ok(settled && "why" in settled, title);
    assert.match(settled.why, expected, title);
  }
});

Deno.test("keyless, the signature of another image and what is only attested say nothing about this one", async () => {
  assert.equal(await found({ payload: statement(OTHER) }), undefined);
  assert.equal(
    await found({ payload: statement(DIGEST, "https://slsa.dev/provenance/v1") }),
    undefined,
  );
});

Deno.test("keyless, who is remembered changes with identity, issuer and root", () => {
  const ids = [
    signer(),
    signer({ identity: "x" }),
    signer({ issuer: "x" }),
    signer({ root: theirs.trustedRoot() }),
  ].map(({ id }) => id);
  assert.equal(new Set(ids).size, 4);
  assert.equal(signer().id, signer().id);
});
