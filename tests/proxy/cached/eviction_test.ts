/** What is here when a request begins is served, whatever goes in the meantime. */
import assert from "node:assert/strict";
import { image } from "../../fake/content.ts";
import { cachedPair, stored } from "../../fake/pair.ts";
import { app, MANIFEST } from "./cached_pair.ts";

const large = image({ seed: 8, layers: [2_000_000] });
const images = { "org/app:latest": app, "org/other:latest": app, "org/app:large": large };

Deno.test("eviction, what a request has found here stays until it is answered", async () => {
  const table: [what: string, path: string, body: Uint8Array][] = [
    ["a layer", `blobs/${app.blobs[1]!.digest}`, app.blobs[1]!.bytes],
    ["a large layer", `blobs/${large.blobs[1]!.digest}`, large.blobs[1]!.bytes],
    ["a manifest", `manifests/${app.root.digest}`, app.root.bytes],
    ["a tag", "manifests/latest", app.root.bytes],
  ];
  for (const [what, path, body] of table) {
    await using t = await cachedPair({ registry: { images } });
    await (await t.proxy.get(`/v2/org/app/${path}`, MANIFEST)).bytes();
    await stored(t);
    // A digest that the repository is not known to hold is asked for; a tag is each time.
    const digest = path.split("/")[1]!;
    if (what !== "a tag") t.cache.unlink("hub/org/app", digest);
    const { promise, resolve } = Promise.withResolvers<void>();
    t.upstream.fault({ method: "HEAD", action: { kind: "stall", until: promise } });
    const refused = { kind: "answer", status: 403, body: "no" } as const;
    t.upstream.fault({ method: "GET", times: Infinity, action: refused });
    const before = t.upstream.count("HEAD", /./);
    const answer = t.proxy.get(`/v2/org/app/${path}`, MANIFEST);
    while (t.upstream.count("HEAD", /./) === before) await new Promise((r) => setTimeout(r, 1));
    const plan = await t.cache.evict({ all: true });
    assert.equal(plan.inUse, 1, what);
    t.upstream.fault({ method: "HEAD", times: Infinity, action: refused });
    resolve();
    assert.deepEqual(await (await answer).bytes(), body, what);
  }
});
