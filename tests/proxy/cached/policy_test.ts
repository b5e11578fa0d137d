/** Rules about content, and signatures, at every way to what they refuse. */
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { FakeClock } from "../../fake/clock.ts";
import {
  descriptor,
  type FakeImage,
  image,
  OCI_MANIFEST,
  stored as content,
} from "../../fake/content.ts";
import { until } from "../../cache/support.ts";
import { stored } from "../../fake/pair.ts";
import { FakeSigstore, type Signing } from "../../fake/sigstore.ts";
import { type TrustPair, trustPair } from "../../fake/trust.ts";
import { MANIFEST } from "./cached_pair.ts";

const both = image({ platforms: ["linux/amd64", "windows/amd64"] });
const images = { "org/app:v1": both };

async function status(t: TrustPair, path: string, init: RequestInit = MANIFEST): Promise<number> {
  const response = await t.proxy.get(`/v2/org/app/${path}`, init);
  await response.body?.cancel();
  return response.status;
}

Deno.test("policy, an image of a refused platform cannot be had, nor its layers; the other can", async () => {
  const rules = [{ action: "deny", platforms: ["windows/**"], reason: "we run no Windows" }];
  await using t = await trustPair(new FakeClock(), {
    registry: { images },
    settings: { policy: { rules } },
  });
  const [linux, windows] = both.manifests as [typeof both.root, typeof both.root];
  const half = both.blobs.length / 2;
  assert.equal(await status(t, "manifests/v1"), 200);
  await stored(t);
  assert.equal(await status(t, `manifests/${linux.digest}`), 200);
  const response = await t.proxy.get(`/v2/org/app/manifests/${windows.digest}`);
  const { errors: [error] } = await response.json();
  assert.equal(response.status, 403);
  assert.equal(error.code, "DENIED");
  assert.match(
    error.message,
    /^org\/app of hub was refused: we run no Windows \(policy\.rules\[0\]\)/,
  );
  assert.deepEqual(error.detail, { by: "policy.rules[0]" });
  for (const { digest } of both.blobs.slice(0, half)) {
    assert.equal(await status(t, `blobs/${digest}`), 200, "linux");
  }
  for (const { digest } of both.blobs.slice(half)) {
    assert.equal(await status(t, `blobs/${digest}`), 403, "windows");
    assert.equal(await status(t, `blobs/${digest}`, { headers: { range: "bytes=0-4" } }), 403);
    assert.equal(await status(t, `blobs/${digest}`, { method: "HEAD" }), 403);
  }
  const record = t.proxy.records.find(({ error }) => error === "DENIED");
  assert.equal(record?.status, 403);
});

Deno.test("policy, what is in the cache already is asked about as well", async () => {
  const settings = { policy: { rules: [{ action: "deny", tags: ["v1"] }] } };
  await using t = await trustPair(new FakeClock(), { registry: { images }, settings });
  assert.equal(await status(t, "manifests/v1"), 403);
  assert.equal(await status(t, "manifests/v1", { ...MANIFEST, method: "HEAD" }), 403);
  assert.equal(await status(t, `manifests/${both.root.digest}`), 403);
  for (const { digest } of both.manifests) {
    assert.equal(await status(t, `manifests/${digest}`), 403, "an image of the index");
  }
  assert.equal(await status(t, `blobs/${both.blobs[1]!.digest}`), 403);
});

Deno.test("policy, registries that no rule is about are as fast as before", async () => {
  const settings = { policy: { rules: [{ action: "deny", registries: ["other"] }] } };
  await using t = await trustPair(new FakeClock(), {
    registry: { images },
    settings,
    others: (url) => ({ other: { url } }),
  });
  assert.equal(await status(t, "manifests/v1"), 200);
  assert.equal(await status(t, `blobs/${both.blobs[1]!.digest}`), 200);
});

const ours = generateKeyPairSync("ec", { namedCurve: "P-256" });
const theirs = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (pair: typeof ours) => pair.publicKey.export({ type: "spki", format: "pem" }) as string;
const KEYS = { "cosign.pub": pem(ours) };
const require = [{ repositories: ["org/**"], cosign: { keys: ["cosign.pub"] } }];

/** What is signed in the older form. */
const simplePayload = (digest: string) =>
  Buffer.from(JSON.stringify({
    critical: {
      identity: { "docker-reference": "hub/org/app" },
      image: { "docker-manifest-digest": digest },
      type: "cosign container image signature",
    },
  }));

/** A signature beside the image, as cosign made them first. */
function simpleSignature(digest: string, pair: typeof ours, about = digest): FakeImage {
  const payload = simplePayload(about);
  const signature = sign("sha256", payload, pair.privateKey).toString("base64");
  return besides(payload, { "dev.cosignproject.cosign/signature": signature });
}

function besides(payload: Uint8Array, annotations: Record<string, string>): FakeImage {
  const layer = content(
    new Uint8Array(payload),
    "application/vnd.dev.cosign.simplesigning.v1+json",
  );
  return artifact([{ ...descriptor(layer), annotations }], [layer]);
}

/** A bundle that refers to the image, as cosign makes them now. */
function bundleOf(subject: FakeImage, pair: typeof ours, predicateType: string): FakeImage {
  const payloadType = "application/vnd.in-toto+json";
  const payload = statement(subject.root.digest, predicateType);
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const sig = sign("sha256", signed, pair.privateKey).toString("base64");
  return referring(subject, {
    mediaType: BUNDLE,
    dsseEnvelope: { payload: payload.toString("base64"), payloadType, signatures: [{ sig }] },
  });
}

const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

const statement = (digest: string, predicateType: string) =>
  Buffer.from(JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: digest.split(":")[1] } }],
    predicateType,
  }));

function referring(subject: FakeImage, bundle: Record<string, unknown>): FakeImage {
  const mediaType = BUNDLE;
  const layer = content(bundle, mediaType);
  return artifact([descriptor(layer)], [layer], {
    artifactType: mediaType,
    subject: descriptor(subject.root),
  });
}

function artifact(layers: unknown[], blobs: FakeImage["blobs"], more = {}): FakeImage {
  const config = content({}, "application/vnd.oci.empty.v1+json");
  const root = content({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config),
    layers,
    ...more,
  }, OCI_MANIFEST);
  return { root, manifests: [root], blobs: [config, ...blobs] };
}

const SIGN = "https://sigstore.dev/cosign/sign/v1";
const DIGEST = both.root.digest;
const SIG_TAG = `org/app:${DIGEST.replace(":", "-")}.sig`;

const signed = (more: Record<string, FakeImage>, hub: Record<string, unknown> = {}) =>
  trustPair(new FakeClock(), {
    registry: { images: { ...images, ...more } },
    hub: { require, ...hub },
  }, KEYS);

Deno.test("require, an image comes through once its signature by one of the keys was found", async () => {
  const rows: [string, Record<string, FakeImage>, number][] = [
    ["unsigned", {}, 403],
    ["simple", { [SIG_TAG]: simpleSignature(DIGEST, ours) }, 200],
    ["simple, by somebody else", { [SIG_TAG]: simpleSignature(DIGEST, theirs) }, 403],
    ["simple, of another image", {
      [SIG_TAG]: simpleSignature(DIGEST, ours, `sha256:${"1".repeat(64)}`),
    }, 403],
    ["bundle", { "org/app:s": bundleOf(both, ours, SIGN) }, 200],
    ["bundle, by somebody else", { "org/app:s": bundleOf(both, theirs, SIGN) }, 403],
    ["bundle, of another image", { "org/app:s": bundleOf(image({ seed: 8 }), ours, SIGN) }, 403],
    ["bundle, an attestation", {
      "org/app:s": bundleOf(both, ours, "https://slsa.dev/provenance/v1"),
    }, 403],
  ];
  for (const [title, more, expected] of rows) {
    await using t = await signed(more);
    assert.equal(await status(t, "manifests/v1"), expected, title);
    assert.equal(await status(t, "manifests/v1", { ...MANIFEST, method: "HEAD" }), expected, title);
    assert.equal(await status(t, `manifests/${DIGEST}`), expected, `${title}, by digest`);
    await stored(t);
    const [child] = both.manifests as [typeof both.root];
    assert.equal(
      await status(t, `manifests/${child.digest}`),
      expected,
      `${title}, an image of it`,
    );
    if (expected !== 200) {
      assert.equal(await status(t, `blobs/${both.blobs[1]!.digest}`), 403, title);
    }
  }
});

Deno.test("require, what was found stays found while the registry is away; what was not is looked for again", async () => {
  await using t = await signed({});
  assert.equal(await status(t, "manifests/v1"), 403);
  t.upstream.add(SIG_TAG, simpleSignature(DIGEST, ours));
  assert.equal(await status(t, "manifests/v1"), 403);
  await t.clock.advance(30_000);
  assert.equal(await status(t, "manifests/v1"), 200);
  await stored(t);
  t.upstream.fault({ path: /./, times: Infinity, action: { kind: "close" } });
  assert.equal(await status(t, "manifests/v1"), 200);
});

Deno.test("require, a signature that is in the cache is enough after a restart with the registry away", async () => {
  const forms = {
    [SIG_TAG]: simpleSignature(DIGEST, ours),
    "org/app:s": bundleOf(both, ours, SIGN),
  };
  for (const [name, signature] of Object.entries(forms)) {
    await using t = await signed({ [name]: signature });
    const paths = ["manifests/v1", ...both.manifests.map(({ digest }) => `manifests/${digest}`)];
    for (const path of paths) assert.equal(await status(t, path), 200, `${name} ${path}`);
    await stored(t);
    await using next = await t.restarted();
    for (const path of paths) {
      const response = await next.proxy.get(`/v2/org/app/${path}`, MANIFEST);
      await response.body?.cancel();
      assert.equal(response.status, 200, `${name} ${path}, after a restart`);
    }
  }
});

Deno.test("require, of the images of a signed index no signatures of their own are looked for", async () => {
  await using t = await signed({ [SIG_TAG]: simpleSignature(DIGEST, ours) });
  assert.equal(await status(t, "manifests/v1"), 200);
  const asked = () => t.upstream.log.filter(({ path }) => /\.sig$|referrers/.test(path)).length;
  const before = asked();
  for (const { digest } of both.manifests) {
    assert.equal(await status(t, `manifests/${digest}`), 200);
  }
  assert.equal(asked(), before);
});

Deno.test("require, an image that the identity signed comes through, whatever form that has", async () => {
  const authority = await FakeSigstore.start();
  const by = { identity: "anna@example.com", issuer: "https://accounts.example.com" };
  const bundle = async (digest: string, signing: Signing = by) =>
    referring(both, await authority.bundle(statement(digest, SIGN), signing));
  const annotations = await authority.annotations(simplePayload(DIGEST), by);
  const other = { ...by, identity: "eve@example.com" };
  const who = "it is not signed by anna@example.com of https://accounts.example.com, as this " +
    "repository requires";
  const rows: [string, Record<string, FakeImage>, RegExp][] = [
    ["unsigned", {}, new RegExp(`${who} \\(require.cosign\\)$`)],
    ["bundle", { "org/app:s": await bundle(DIGEST) }, /^200$/],
    ["older form", { [SIG_TAG]: besides(simplePayload(DIGEST), annotations) }, /^200$/],
    ["of another image", { "org/app:s": await bundle(both.manifests[0]!.digest) }, /not signed/],
    [
      "by somebody else",
      { "org/app:s": await bundle(DIGEST, other) },
      new RegExp(`${who}; its signature is by eve@example.com of https://accounts.example.com`),
    ],
    ["with a key", { "org/app:s": bundleOf(both, ours, SIGN) }, /its signature does not hold/],
  ];
  const cosign = {
    certificate_identity: by.identity,
    issuer: by.issuer,
    trusted_root: "root.json",
  };
  for (const [title, more, expected] of rows) {
    await using t = await trustPair(new FakeClock(), {
      registry: { images: { ...images, ...more } },
      hub: { require: [{ cosign }] },
    }, { "root.json": authority.trustedRoot() });
    assert.match(await said(t, "org/app/manifests/v1"), expected, title);
    assert.match(await said(t, `org/app/manifests/${DIGEST}`), expected, title);
    if (expected.source !== "^200$") continue;
    await stored(t);
    await using next = await t.restarted();
    assert.match(await said(next, "org/app/manifests/v1"), expected, `${title}, after a restart`);
  }
});

Deno.test("policy, what is fetched to be judged is a miss to its client, and a hit from then on", async () => {
  const rules = [{ action: "deny", labels: { vendor: "nobody" } }];
  await using t = await trustPair(new FakeClock(), {
    registry: { images },
    settings: { policy: { rules } },
  });
  for (const [index, expected] of ["miss", "hit"].entries()) {
    const response = await t.proxy.get(`/v2/org/app/manifests/${DIGEST}`, MANIFEST);
    await response.body?.cancel();
    assert.match(response.headers.get("cache-status")!, expected === "hit" ? /; hit/ : /fwd=miss/);
    await until(() => t.proxy.records.length > index);
    assert.equal(t.proxy.records[index]!.cache, expected);
    await stored(t);
  }
});

Deno.test("require, signatures can be had themselves; to warn is not to refuse", async () => {
  await using t = await signed({ [SIG_TAG]: simpleSignature(DIGEST, theirs) });
  const [, tag] = SIG_TAG.split(":") as [string, string];
  assert.equal(await status(t, `manifests/${tag}`), 200);
  assert.equal(await status(t, "manifests/v1"), 403);
  await using lax = await signed({}, { require: [{ ...require[0], mode: "warn" }] });
  assert.equal(await status(lax, "manifests/v1"), 200);
  assert.deepEqual(lax.warned, [
    `hub/org/app@${DIGEST} is not signed by any of the keys it should be`,
  ]);
});

Deno.test("require, where nobody can tell nothing comes through, and the client learns why", async () => {
  await using t = await signed({ [SIG_TAG]: simpleSignature(DIGEST, ours) });
  const action = { kind: "answer", status: 500, body: "no" } as const;
  t.upstream.fault({ path: /\.sig$/, times: Infinity, action });
  assert.equal(await status(t, "manifests/v1"), 502);
  t.upstream.clearFaults();
  assert.equal(await status(t, "manifests/v1"), 200);
});

/** Asks for `path` and gives the message of a refusal, or the status. */
async function said(t: Pick<TrustPair, "proxy">, path: string): Promise<string> {
  const response = await t.proxy.get(`/v2/${path}`, MANIFEST);
  const text = await response.text();
  return response.status === 403 ? JSON.parse(text).errors[0].message : String(response.status);
}

Deno.test("policy.webhook, decides about what no rule has decided, once for all who ask", async () => {
  const asked: Record<string, unknown>[] = [];
  let answer: unknown = { decision: "allow" };
  const elsewhere = {
    post: (body: string) => Promise.resolve(asked.push(JSON.parse(body)) && answer),
    onError: "deny" as const,
    remember: 60_000,
  };
  await using t = await trustPair(new FakeClock(), { registry: { images } }, {}, elsewhere);
  assert.equal(await said(t, "org/app/manifests/v1"), "200");
  assert.equal(await said(t, "org/app/manifests/v1"), "200");
  const { client, first_seen, ...about } = asked[0]!;
  assert.deepEqual(about, {
    ...{ registry: "hub", repository: "org/app", tag: "v1", digest: DIGEST, user: "" },
    ...{ media_type: both.root.mediaType, platforms: ["linux/amd64", "windows/amd64"] },
    ...{ size: null, created: null, labels: {} },
  });
  assert.equal(client, "127.0.0.1");
  assert.equal(first_seen, "2026-01-01T00:00:00.000Z");
  assert.equal(asked.length, 1);
  answer = { decision: "deny", reason: "CVE-2026-1" };
  await t.clock.advance(60_000);
  const denied = /^org\/app of hub was refused: CVE-2026-1 \(policy\.webhook\)/;
  assert.match(await said(t, "org/app/manifests/v1"), denied);
  assert.match(await said(t, `org/app/manifests/${DIGEST}`), denied);
  answer = { decision: "hold", minutes: 5 };
  await t.clock.advance(60_000);
  assert.match(await said(t, "org/app/manifests/v1"), /held back until 2026-01-01T00:07:00Z/);
  assert.equal(asked.at(-1)!.tag, "v1");
});

Deno.test("policy.webhook, one that fails, lies or says nothing counts as on_error says", async () => {
  const wrong: (() => Promise<unknown>)[] = [
    () => Promise.reject(new Error("connection refused")),
    () => Promise.resolve({ decision: "maybe" }),
    () => Promise.resolve("yes"),
    () => Promise.resolve(null),
  ];
  for (const post of wrong) {
    for (const onError of ["deny", "allow"] as const) {
      const elsewhere = { post, onError, remember: 60_000 };
      await using t = await trustPair(new FakeClock(), { registry: { images } }, {}, elsewhere);
      const answer = await said(t, "org/app/manifests/v1");
      assert.match(answer, onError === "allow" ? /^200$/ : /policy\.webhook could not be asked/);
      assert.equal(t.warned.length, 1);
      assert.match(t.warned[0]!, /^policy\.webhook did not decide about hub\/org\/app@sha256:/);
    }
  }
});

Deno.test("similar names, a repository that nobody pulled and that is one letter off is told or refused", async () => {
  const more = { "org/app:v1": both, "org/apq:v1": both, "org/other:v1": both };
  for (const key of ["warn_similar", "deny_similar"]) {
    const settings = { policy: { [key]: true } };
    await using t = await trustPair(new FakeClock(), { registry: { images: more }, settings });
    assert.equal(await said(t, "org/app/manifests/v1"), "200");
    await stored(t);
    for (let count = 0; count < 10; count++) t.cache.imageUsed("hub/org/app", "v1", 1, true);
    await waitFor(() => t.cache.repositories({ registry: "hub" }).items[0]?.hits === 10);
    const hint = /nobody has pulled it here before; did you mean org\/app\?/;
    const answer = await said(t, "org/apq/manifests/v1");
    assert.match(key === "warn_similar" ? t.warned[0] ?? "" : answer, hint);
    assert.equal(await said(t, "org/app/manifests/v1"), "200");
    assert.equal(await said(t, "org/other/manifests/v1"), "200");
  }
});

/** Uses are written once a second, by real time. */
async function waitFor(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "in vain");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
