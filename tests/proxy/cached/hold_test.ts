/** What is new waits: by tag it is what it was before, and nothing else leads to it. */
import assert from "node:assert/strict";
import { FakeClock } from "../../fake/clock.ts";
import { image } from "../../fake/content.ts";
import { stored } from "../../fake/pair.ts";
import { type TrustPair, trustPair } from "../../fake/trust.ts";
import { MANIFEST } from "./cached_pair.ts";

const HOUR = 3_600_000;
const platforms = ["linux/amd64", "linux/arm64"];
const first = image({ seed: 1, platforms });
const moved = image({ seed: 2, platforms });

/** A registry whose tag `latest` has been known for long enough. */
async function started(hold: Record<string, unknown> = {}): Promise<TrustPair> {
  const clock = new FakeClock();
  const t = await trustPair(clock, {
    registry: { images: { "org/app:latest": first } },
    hub: { hold: { new_digest: "24h", ...hold }, aliases: ["hub.example.com"] },
  });
  assert.equal((await ask(t, "manifests/latest")).status, 403);
  await clock.advance(24 * HOUR);
  return t;
}

async function ask(t: TrustPair, path: string, init: RequestInit = MANIFEST) {
  const response = await t.proxy.get(`/v2/org/app/${path}`, init);
  const { headers, status } = response;
  const text = await response.text();
  return {
    status,
    digest: headers.get("docker-content-digest"),
    cache: headers.get("cache-status"),
    message: status >= 400 && text ? JSON.parse(text).errors[0].message as string : "",
  };
}

Deno.test("hold, what nobody has seen before waits, and says until when and why", async () => {
  await using t = await trustPair(new FakeClock(), {
    registry: { images: { "org/app:latest": first } },
    hub: { hold: { new_digest: "24h" } },
    settings: { policy: { contact: "platform@example.com" } },
  });
  const { status, message } = await ask(t, "manifests/latest");
  assert.equal(status, 403);
  assert.match(
    message,
    /^org\/app of hub was refused: this tag stands for sha256:[0-9a-f]{64} now/,
  );
  assert.match(message, /held back until 2026-01-02T00:00:00Z \(hold\.new_digest\)/);
  assert.match(message, /; ask platform@example\.com$/);
  await t.clock.advance(24 * HOUR - 1);
  assert.equal((await ask(t, "manifests/latest")).status, 403);
  await t.clock.advance(1);
  assert.equal((await ask(t, "manifests/latest")).digest, first.root.digest);
});

Deno.test("hold, a tag that moves is what it was until the new digest was known for that long", async () => {
  await using t = await started();
  assert.equal((await ask(t, "manifests/latest")).digest, first.root.digest);
  await stored(t);
  t.upstream.add("org/app:latest", moved);
  for (const method of ["HEAD", "GET", "GET"]) {
    const { status, digest, cache } = await ask(t, "manifests/latest", { ...MANIFEST, method });
    assert.deepEqual([status, digest], [200, first.root.digest], method);
    assert.match(cache ?? "", /detail=held$/);
  }
  assert.deepEqual(t.held, [
    `hub/org/app:latest ${first.root.digest}`,
    `hub/org/app:latest ${moved.root.digest}`,
  ]);
  await t.clock.advance(23 * HOUR);
  assert.equal((await ask(t, "manifests/latest")).digest, first.root.digest);
  await t.clock.advance(HOUR);
  assert.equal((await ask(t, "manifests/latest")).digest, moved.root.digest);
  const history = t.cache.tagHistory({ registry: "hub", repository: "org/app", tag: "latest" });
  assert.deepEqual(history.map(({ digest, seenBy }) => [digest, seenBy]), [
    [moved.root.digest, "pull"],
    [first.root.digest, "pull"],
  ]);
});

Deno.test("hold, no other way leads to what waits", async () => {
  await using t = await started();
  assert.equal((await ask(t, "manifests/latest")).status, 200);
  t.upstream.add("org/app:latest", moved);
  assert.equal((await ask(t, "manifests/latest")).digest, first.root.digest);
  const [child] = moved.manifests as [typeof moved.root];
  const [config, layer] = moved.blobs as [typeof moved.root, typeof moved.root];
  const ranged = { headers: { range: "bytes=0-9" } };
  const head = { ...MANIFEST, method: "HEAD" };
  const ways: [path: string, init?: RequestInit][] = [
    [`manifests/${moved.root.digest}`],
    [`manifests/${moved.root.digest}`, head],
    [`manifests/${child.digest}`],
    [`manifests/${child.digest}`, head],
    [`manifests/${moved.root.digest}?ns=hub.example.com`],
    [`blobs/${config.digest}`],
    [`blobs/${layer.digest}`],
    [`blobs/${layer.digest}`, ranged],
  ];
  for (const [path, init] of ways) {
    const { status } = await ask(t, path, init);
    assert.equal(status, 403, `${init?.method ?? "GET"} ${path}`);
  }
  const aliased = await t.proxy.get(`/hub.example.com/v2/org/app/manifests/${moved.root.digest}`);
  await aliased.body?.cancel();
  assert.equal(aliased.status, 403);
  // All of the old one can be had, and its layers.
  for (const { digest } of first.manifests) {
    assert.equal((await ask(t, `manifests/${digest}`)).status, 200, digest);
  }
  await stored(t);
  for (const { digest } of first.blobs) {
    const response = await t.proxy.get(`/v2/org/app/blobs/${digest}`);
    await response.bytes();
    assert.equal(response.status, 200);
  }
});

Deno.test("hold, tags that it does not mean do not wait, nor does their digest", async () => {
  await using t = await trustPair(new FakeClock(), {
    registry: { images: { "org/app:dev": first, "org/app:latest": moved } },
    hub: { hold: { new_digest: "1h", tags: ["latest", "v*"] } },
  });
  assert.equal((await ask(t, "manifests/dev")).status, 200);
  assert.equal((await ask(t, "manifests/latest")).status, 403);
  assert.equal((await ask(t, `manifests/${first.root.digest}`)).status, 200);
  assert.equal((await ask(t, `manifests/${moved.root.digest}`)).status, 403);
});

Deno.test("hold, a release lets one digest through, or all that match by then", async () => {
  for (const image of ["hub/org/app:latest", "hub/org/*:*"]) {
    await using t = await started();
    t.upstream.add("org/app:latest", moved);
    assert.equal((await ask(t, "manifests/latest")).status, 200);
    assert.equal((await ask(t, `manifests/${moved.root.digest}`)).status, 403);
    const decision = { image, by: "anna", at: t.clock.now() };
    const one = image.includes("*") ? {} : { digest: moved.root.digest };
    await t.book.release({ ...decision, ...one });
    assert.equal((await ask(t, "manifests/latest")).digest, moved.root.digest, image);
    const [child] = moved.manifests as [typeof moved.root];
    assert.equal((await ask(t, `manifests/${child.digest}`)).status, 200, image);
    await stored(t);
    // What comes later is new again.
    await t.clock.advance(HOUR);
    t.upstream.add("org/app:latest", imageOfSeed(3));
    const later = await ask(t, "manifests/latest");
    assert.equal(later.digest, moved.root.digest, image);
  }
});

const imageOfSeed = (seed: number) => image({ seed, platforms });

Deno.test("hold, while the registry is away a tag stays what it was", async () => {
  await using t = await started();
  assert.equal((await ask(t, "manifests/latest")).status, 200);
  await stored(t);
  t.upstream.add("org/app:latest", moved);
  assert.equal((await ask(t, "manifests/latest")).status, 200);
  t.upstream.fault({ path: /./, times: Infinity, action: { kind: "close" } });
  const { status, digest } = await ask(t, "manifests/latest");
  assert.deepEqual([status, digest], [200, first.root.digest]);
});

Deno.test("freeze, a tag is what it was frozen to, upstream moves or not, until it is taken back", async () => {
  await using t = await trustPair(new FakeClock(), {
    registry: { images: { "org/app:latest": first } },
  });
  const image = "hub/org/app:latest";
  assert.equal((await ask(t, "manifests/latest")).digest, first.root.digest);
  await stored(t);
  assert.equal((await ask(t, "manifests/latest")).digest, first.root.digest);
  t.upstream.add("org/app:latest", moved);
  await t.book.freeze({ image, digest: first.root.digest, by: "anna", at: 0 });
  for (let count = 0; count < 3; count++) {
    const { digest, cache } = await ask(t, "manifests/latest");
    assert.equal(digest, first.root.digest);
    assert.match(cache ?? "", /detail=frozen$/);
  }
  await t.book.freeze({ image, digest: moved.root.digest, by: "anna", at: 0 });
  assert.equal((await ask(t, "manifests/latest")).digest, moved.root.digest);
  await t.book.freeze({ image, digest: `sha256:${"0".repeat(64)}`, by: "anna", at: 0 });
  const gone = await ask(t, "manifests/latest");
  assert.equal(gone.status, 404);
  assert.match(
    gone.message,
    /latest is frozen to sha256:0+, which is neither here .*; unfreeze it/,
  );
  assert.equal(await t.book.unfreeze(image), true);
  assert.equal((await ask(t, "manifests/latest")).digest, moved.root.digest);
});
