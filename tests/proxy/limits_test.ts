import assert from "node:assert/strict";
import { LimitBook } from "../../proxy/access/limits.ts";
import { systemClock } from "../../base/clock.ts";
import { image, OCI_MANIFEST } from "../fake/content.ts";
import { FakeClock } from "../fake/clock.ts";
import { cachedPair } from "../fake/pair.ts";
import { startProxy } from "../fake/proxy.ts";

const app = image();
const MANIFEST = "/v2/org/app/manifests/1";
const accept = { headers: { accept: OCI_MANIFEST } };

/** A proxy with `limits` in front of a registry that has `org/app:1`. */
async function limited(limits: object[], clock = new FakeClock()) {
  const pair = await cachedPair({ registry: { images: { "org/app:1": app } } });
  const settings = {
    default_registry: "hub",
    registries: { hub: { url: pair.upstream.url } },
    limits,
  };
  const book = new LimitBook({ clock: { now: clock.now, delay: systemClock.delay } });
  const proxy = await startProxy(settings, { limits: book }, pair.cache);
  return {
    clock,
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await pair[Symbol.asyncDispose]();
    },
  };
}

Deno.test("limits, the one too many is told which limit it was, and when to come back", async () => {
  await using it = await limited([{ name: "few", requests: "2/m" }]);
  for (let i = 0; i < 2; i++) assert.equal((await fetched(it, MANIFEST)).status, 200);
  for (let i = 0; i < 3; i++) assert.equal((await fetched(it, "/v2/")).status, 200, "free");
  const { status, headers, text } = await fetched(it, MANIFEST);
  assert.deepEqual([status, headers.get("retry-after")], [429, "30"]);
  const [error] = JSON.parse(text).errors;
  assert.equal(error.code, "TOOMANYREQUESTS");
  assert.match(error.message, /the limit few of this proxy allows a client 2\/m requests/);
  assert.equal(it.proxy.records.at(-1)!.limited, "few");
  assert.equal(it.proxy.records.at(-1)!.error, "TOOMANYREQUESTS");
  await it.clock.advance(30_000);
  assert.equal((await fetched(it, MANIFEST)).status, 200);
});

Deno.test("limits, what is refused or fails is not counted as running", async () => {
  await using it = await limited([{ concurrent: 1 }]);
  for (let i = 0; i < 3; i++) {
    assert.equal((await fetched(it, MANIFEST)).status, 200);
    assert.equal((await fetched(it, "/v2/org/app/manifests/none")).status, 404);
    const blob = await fetched(it, `/v2/org/app/blobs/${app.blobs[1]!.digest}`);
    assert.equal(blob.status, 200);
  }
});

async function fetched(it: Awaited<ReturnType<typeof limited>>, path: string) {
  const response = await it.proxy.get(path, accept);
  return { status: response.status, headers: response.headers, text: await response.text() };
}
