import assert from "node:assert/strict";
import fc from "fast-check";
import type { Cache } from "../../../cache/api.ts";
import { loadBundle } from "../../../cli/bundle/load.ts";
import { BundleProblem } from "../../../cli/bundle/problem.ts";
import { transferWith } from "../../../cli/bundle/transfer.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { descriptor, image } from "../../fake/content.ts";
import { sites, tagsIn } from "./sites.ts";
import { tar } from "../../e2e/harness/tar.ts";

const app = image({ layers: [700, 300] });

/** `bytes` with some of them changed, doubled, left out or cut off. */
function mutated(
  bytes: Uint8Array,
  changes: readonly { kind: string; at: number; byte: number }[],
): Uint8Array<ArrayBuffer> {
  let made = new Uint8Array(bytes);
  for (const { kind, at, byte } of changes) {
    const place = Math.floor(at * made.length);
    const block = Math.floor(place / 512) * 512;
    if (kind === "set" && place < made.length) made[place] = byte;
    if (kind === "cut") made = made.slice(0, place);
    if (kind === "drop") {
      made = new Uint8Array([...made.slice(0, block), ...made.slice(block + 512)]);
    }
    if (kind === "double") {
      made = new Uint8Array([...made.slice(0, block + 512), ...made.slice(block)]);
    }
  }
  return made;
}

/** The same image as other tools write it. */
function foreign(): Uint8Array {
  const name = { "io.containerd.image.name": "hub/org/app:1" };
  const manifests = [{ ...descriptor(app.root), annotations: name }];
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return tar({
    "oci-layout": encode({ imageLayoutVersion: "1.0.0" }),
    "index.json": encode({ schemaVersion: 2, manifests }),
    ...Object.fromEntries(
      [app.root, ...app.blobs].map(({ digest, bytes }) => [
        `blobs/${digest.replace(":", "/")}`,
        bytes,
      ]),
    ),
  });
}

/** Everything that is there has the content of its digest, and an image is whole. */
async function expectWhole(cache: Cache): Promise<void> {
  assert.deepEqual((await cache.verify()).damaged, []);
  const tags = tagsIn(cache);
  if (Object.keys(tags).length === 0) return assert.deepEqual(cache.pins(), []);
  // What an index that is not signed for calls an image is what it is called.
  assert.deepEqual(Object.values(tags), [app.root.digest]);
  for (const { digest, bytes } of [app.root, ...app.blobs]) {
    assert.deepEqual(await cache.peek(digest, 1e6), bytes);
  }
}

Deno.test("berth bundle load, whatever is done to a bundle: all of it, or a line that says why not", async () => {
  await using it = await sites({ images: { "org/app:1": app } });
  const path = it.at("out.tar");
  assert.equal((await it.near.bundle("create", path, "org/app:1")).code, 0);
  const own = await Deno.readFile(path);
  const config = configSchema.parse({
    registries: { hub: { url: it.upstream.url, offline: true } },
  });
  const change = fc.record({
    kind: fc.constantFrom("set", "set", "set", "cut", "drop", "double"),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    byte: fc.nat(255),
  });
  await it.far.cache(async (cache) => {
    const transfer = { ...transferWith(cache), usage: () => cache.usage() };
    const means = { config, cache: transfer, now: Date.now, progress: () => {} };
    const load = () => loadBundle({ paths: [path], key: undefined, name: "" }, means);
    const property = fc.asyncProperty(
      fc.constantFrom(own, foreign()),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (bytes, changes) => {
        await Deno.writeFile(path, mutated(bytes, changes));
        const problem = await load().then(() => undefined, (error) => error);
        if (problem) assert.ok(problem instanceof BundleProblem, String(problem?.stack));
        await expectWhole(cache);
        await cache.evict({ all: true }, { pinned: true });
        for (const { pattern } of cache.pins()) cache.unpin(pattern);
        for (const name of Object.keys(tagsIn(cache))) {
          const [, registry, repository, tag] = /^(\w+)\/(.+):(.+)$/.exec(name)!;
          cache.deleteTag(registry!, repository!, tag!);
        }
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});
