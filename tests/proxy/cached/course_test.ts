import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import type { Course } from "../../../cache/course.ts";
import { answer } from "../../cache/support.ts";
import { image } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";

const app = image({});
const LAYER = app.blobs[1]!;

/** A proxy whose blobs come from a neighbour who has them all and gives them to anyone. */
async function besideNeighbour() {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-course-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = stack.use(
    await fakeRegistry({ images: { "org/app:latest": app, "org/other:1": image() } }),
  );
  const bytes = new Uint8Array(LAYER.bytes);
  const course: Course = {
    via: (_, prove) => async (from) => {
      await prove();
      return answer(bytes, from);
    },
    ended: () => Promise.resolve(),
  };
  const cache = await openCache({ dir, scrubRate: 0, courses: () => course });
  stack.defer(() => cache.close());
  const settings = { default_registry: "hub", registries: { hub: { url: upstream.url } } };
  const proxy = stack.use(await startProxy(settings, {}, cache));
  const owned = stack.move();
  const asked = () =>
    upstream.log.filter(({ path }) => path.includes(LAYER.digest)).map(({ method }) => method);
  return { proxy, cache, asked, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("serveDigest, takes a nearer way only after upstream has said that the client may", async () => {
  await using t = await besideNeighbour();
  const response = await t.proxy.get(`/v2/org/app/blobs/${LAYER.digest}`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), LAYER.bytes);
  assert.deepEqual(t.asked(), ["HEAD"]);
});

Deno.test("serveDigest, gives nothing of what upstream does not have in that repository", async () => {
  await using t = await besideNeighbour();
  const response = await t.proxy.get(`/v2/org/absent/blobs/${LAYER.digest}`);
  assert.equal(response.status, 404);
  await response.body?.cancel();
  assert.deepEqual(t.asked(), ["HEAD", "GET"]);
  assert.equal(t.cache.stat(LAYER.digest), undefined);
});

Deno.test("serveDigest, asks nobody where the repository is known to hold it", async () => {
  await using t = await besideNeighbour();
  t.cache.link("hub/org/app", LAYER.digest);
  const response = await t.proxy.get(`/v2/org/app/blobs/${LAYER.digest}`);
  assert.deepEqual(await response.bytes(), LAYER.bytes);
  assert.deepEqual(t.asked(), []);
});
