import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import { StorageError } from "../../../cache/errors.ts";
import { ociErrorOf } from "../../../proxy/render_error.ts";
import { FlakyStore } from "../../cache/flaky_store.ts";
import { image, OCI_INDEX, OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";

const app = image({});

Deno.test("ociErrorOf, storage that fails is 503 and says what to look at", () => {
  const cause = new Error("No such device (os error 19)");
  const error = ociErrorOf(new StorageError("read stored content", "/cache", cause), {});
  assert.equal(error.status, 503);
  assert.equal(error.code, "UNAVAILABLE");
  for (const word of ["/cache", "No such device", "disk", "cache.dir", "read and write"]) {
    assert.ok(error.message.includes(word), `${word}: ${error.message}`);
  }
});

Deno.test("GET, a disk that is gone is 503 until it is back, for manifests and blobs", async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-storage-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = stack.use(await fakeRegistry({ images: { "org/app:latest": app } }));
  let store: FlakyStore | undefined;
  const openStore = async (at: string, now: number) => store = await FlakyStore.open(at, now);
  const cache = await openCache({ dir, scrubRate: 0, memory: 0, openStore });
  stack.defer(() => cache.close());
  const settings = { default_registry: "hub", registries: { hub: { url: upstream.url } } };
  const proxy = stack.use(await startProxy(settings, {}, cache));
  const paths = [
    `/v2/org/app/manifests/${app.root.digest}`,
    `/v2/org/app/blobs/${app.blobs[1]!.digest}`,
  ];
  const get = (path: string) =>
    proxy.get(path, { headers: { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` } });
  for (const path of paths) await (await get(path)).bytes();
  while (cache.fills().length > 0) await new Promise((resolve) => setImmediate(resolve));
  store!.unreachable = true;
  for (const path of paths) {
    const response = await get(path);
    assert.equal(response.status, 503, path);
    const [error] = (await response.json()).errors;
    assert.equal(error.code, "UNAVAILABLE");
    assert.match(error.message, /could not read stored content in .*Permission denied.*check/);
  }
  store!.unreachable = false;
  for (const path of paths) {
    const response = await get(path);
    assert.equal(response.status, 200, path);
    await response.bytes();
  }
});
