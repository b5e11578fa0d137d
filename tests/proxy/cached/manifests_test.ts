import assert from "node:assert/strict";
import { type ManifestOptions, manifests } from "../../../proxy/cached/manifests.ts";
import { MissingTags } from "../../../proxy/cached/missing_tags.ts";
import type { Exchange } from "../../../proxy/exchange.ts";
import { MANIFEST_TYPES } from "../../../proxy/oci/manifest.ts";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { FakeClock, settle } from "../../fake/clock.ts";
import { fakeCache } from "../../fake/cache.ts";
import { exchangeOf, fakeUpstream } from "../../fake/exchange.ts";

const OLD = `sha256:${"a".repeat(64)}`;
const NEW = `sha256:${"b".repeat(64)}`;
const PATH = "/v2/org/app/manifests/1";
const TYPE = MANIFEST_TYPES.ociManifest;
const CHECK = `HEAD ${PATH}`;
const FETCH = `GET ${PATH}`;

/** A manifest that can be told from others. */
function manifest(name: string): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: TYPE, layers: [], name });
}

function handlerOf(
  options: Pick<ManifestOptions, "cache" | "now"> & Partial<ManifestOptions>,
) {
  const rules = {
    ttl: () => 60,
    staleIfError: () => 1000,
    whileRevalidate: false,
    negativeTtl: 10,
  };
  const missing = new MissingTags({ ttl: rules.negativeTtl, now: options.now });
  const clock = new FakeClock();
  const handle = manifests({ rules, missing, clock, quotaLow: () => false, ...options });
  return (x: Exchange) => {
    assert.ok(x.path.kind === "manifest");
    return handle(x, x.path);
  };
}

/** What upstream says of the tag: the digest that it stands for, a status, or nothing at all. */
function registryOf(says: string | number) {
  return fakeUpstream(({ method }) => {
    if (says === 0) throw new UpstreamError("refused", "hub");
    if (typeof says === "number") return new Response(null, { status: says });
    if (method === "GET") return new Response(manifest("new"));
    return new Response(null, {
      headers: { "docker-content-digest": says, "content-length": "50", "content-type": TYPE },
    });
  });
}

/** A GET of the tag whose manifest has been held for `age` ms, with what upstream says of it now. */
async function held(
  age: number,
  says: string | number,
  given: Partial<ManifestOptions> & { accept?: string } = {},
) {
  const { accept = TYPE, ...options } = given;
  const clock = new FakeClock();
  const row = { digest: OLD, mediaType: TYPE, size: 3, checkedAt: clock.now() - age, accept: "o" };
  const cache = fakeCache({
    held: { [OLD]: manifest("old") },
    links: [`hub/org/app ${OLD}`],
    tags: [row],
  });
  const upstream = registryOf(says);
  const handle = handlerOf({ cache, now: clock.now, ...options });
  const answer = await handle(exchangeOf(PATH, { headers: { accept }, upstream }));
  await settle();
  return {
    answer: `${answer.cache} ${(await answer.response.json()).name}`,
    again: answer.again,
    upstream,
  };
}

Deno.test("manifests, a tag that is held: fresh, checked, moved, or stale", async () => {
  const slow = { ttl: () => 60, staleIfError: () => 1000, whileRevalidate: true, negativeTtl: 10 };
  const quotaLow = () => true;
  const anything = { accept: "*/*" };
  const moved = [CHECK, `GET /v2/org/app/manifests/${NEW}`];
  const table: Record<string, [Awaited<ReturnType<typeof held>>, string, string[]]> = {
    "within its ttl": [await held(59, 500), "hit old", []],
    "past it, unchanged": [await held(60, OLD), "revalidated old", [CHECK]],
    "past it, moved": [await held(60, NEW), "miss new", moved],
    "upstream away": [await held(60, 0), "stale old", [CHECK]],
    "upstream broken": [await held(60, 503), "stale old", [CHECK, FETCH]],
    "limited": [await held(60, 429), "stale old", [CHECK]],
    "checked behind": [await held(60, OLD, { rules: slow }), "stale old", [CHECK]],
    "quota nearly used up": [await held(60, OLD, { quotaLow }), "stale old", []],
    "quota, but too old": [await held(1000, OLD, { quotaLow }), "revalidated old", [CHECK]],
    "another client's, upstream away": [await held(60, 0, anything), "stale old", [CHECK]],
  };
  for (const [title, [found, answer, asked]] of Object.entries(table)) {
    assert.equal(found.answer, answer, title);
    assert.deepEqual(found.upstream.asked, asked, title);
  }
});

Deno.test("manifests, what is too old or not for this client is no substitute", async () => {
  await assert.rejects(held(1001, 0), { kind: "refused" });
  await assert.rejects(held(60, 0, { accept: MANIFEST_TYPES.ociIndex }), { kind: "refused" });
  // A 401 where we sign in ourselves is nothing that the client could mend.
  for (const [said, told] of [[401, 403], [403, 403], [404, 404]] as const) {
    await assert.rejects(held(60, said), { name: "OciError", status: told });
  }
});

Deno.test("manifests, a fresh tag may be given again until its ttl is over", async () => {
  const { again } = await held(59, 500);
  assert.equal(again?.until, new FakeClock().now() + 1);
});

Deno.test("manifests, a 404 is remembered for negative_ttl, per kind of client", async () => {
  const clock = new FakeClock();
  const upstream = registryOf(404);
  const handle = handlerOf({ cache: fakeCache(), now: clock.now });
  const get = (accept: string) => handle(exchangeOf(PATH, { upstream, headers: { accept } }));
  const counts: number[] = [];
  for (const [accept, wait] of [[TYPE, 0], [TYPE, 9], ["*/*", 0], [TYPE, 2]] as const) {
    await clock.advance(wait);
    await assert.rejects(get(accept), { code: "MANIFEST_UNKNOWN" });
    counts.push(upstream.asked.length);
  }
  assert.deepEqual(counts, [2, 2, 4, 6]);
});

Deno.test("manifests, many who ask for a tag at once are one check", async () => {
  const upstream = registryOf(OLD);
  const cache = fakeCache({ held: { [OLD]: manifest("old") }, links: [`hub/org/app ${OLD}`] });
  const handle = handlerOf({ cache, now: new FakeClock().now });
  await Promise.all([1, 2, 3].map(() => handle(exchangeOf(PATH, { upstream }))));
  assert.deepEqual(upstream.asked, [CHECK]);
});
