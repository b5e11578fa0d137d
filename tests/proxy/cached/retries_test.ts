import assert from "node:assert/strict";
import { systemClock } from "../../../base/clock.ts";
import { openCache } from "../../../cache/cache.ts";
import { createUpstream } from "../../../proxy/upstream/native.ts";
import { image } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { type FakeRegistry, fakeRegistry } from "../../fake/registry.ts";

const app = image({});
const LAYER = app.blobs[1]!;
const RETRIES = 3;
const BLOB = /\/blobs\/sha256/;
const away = { kind: "answer", status: 503 } as const;

/** How often a registry with these faults is asked for one blob before the client is told. */
async function requests(fault: (upstream: FakeRegistry) => void): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-retries-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = stack.use(await fakeRegistry({ images: { "org/app:latest": app } }));
  const cache = await openCache({ dir, scrubRate: 0, retries: RETRIES, backoff: () => 0 });
  stack.defer(() => cache.close());
  const timeouts = { connect: 5e3, response: 30e3, idle: 30e3 };
  const clock = { ...systemClock, delay: () => Promise.resolve() };
  const proxy = stack.use(
    await startProxy({ default_registry: "hub", registries: { hub: { url: upstream.url } } }, {
      upstream: (registry) =>
        stack.use(createUpstream(registry, { timeouts, retries: RETRIES, env: {}, clock })),
    }, cache),
  );
  fault(upstream);
  const response = await proxy.get(`/v2/org/app/blobs/${LAYER.digest}`);
  await response.bytes().catch(() => {});
  while (cache.fills().length > 0) await new Promise((resolve) => setImmediate(resolve));
  return upstream.log.filter(({ method, path }) => method === "GET" && BLOB.test(path)).length;
}

Deno.test("sourceOf, a registry that is away is asked once and then as often as configured", async () => {
  const asked = await requests((upstream) =>
    upstream.fault({ path: BLOB, times: Infinity, action: away })
  );
  assert.equal(asked, 1 + RETRIES);
});

Deno.test("sourceOf, retries of a broken body and of its requests do not multiply", async () => {
  const asked = await requests((upstream) =>
    upstream.fault(
      { path: BLOB, action: { kind: "cut", after: 100 } },
      { path: BLOB, from: 2, times: Infinity, action: away },
    )
  );
  assert.equal(asked, 1 + RETRIES);
});
