import assert from "node:assert/strict";
import { createUpstream } from "../../../proxy/upstream/native.ts";
import { FakeClock } from "../../fake/clock.ts";
import { image } from "../../fake/content.ts";
import { collectGarbage } from "../../fake/garbage.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { FaultBook, type Seen, serveWire } from "../../fake/wire.ts";

const IDLE = 1000;
const SENT = 6 * 2 ** 20;
const big = image({ layers: [8 * 2 ** 20] });
const layer = big.blobs[1]!;

/** A proxy without a cache for the registry at `url`, whose only limit is that of an idle body. */
async function setup(url: string) {
  const clock = new FakeClock();
  const timeouts = { connect: 1e9, response: 1e9, idle: IDLE };
  const registries = { hub: { url } };
  const proxy = await startProxy({ allow_push: true, default_registry: "hub", registries }, {
    upstream: (registry) => createUpstream(registry, { timeouts, retries: 0, env: {}, clock }),
  });
  return { clock, proxy };
}

/** Moves time on until `work` is over. */
async function whileTimePasses<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let over = false;
  const done = work.finally(() => over = true);
  done.catch(() => {});
  while (!over) await clock.advance(IDLE);
  return await done;
}

Deno.test("idle_timeout, ends a blob that does not go through the cache", async () => {
  await using upstream = await fakeRegistry({ images: { "org/app:1": big } });
  const { clock, proxy } = await setup(upstream.url);
  await using _ = proxy;
  upstream.fault({ action: { kind: "stall", after: SENT } });
  const reader = (await proxy.get(`/v2/org/app/blobs/${layer.digest}`)).body!.getReader();
  for (let left = SENT; left > 0;) left -= (await reader.read()).value!.length;
  const failed = assert.rejects(reader.read());
  collectGarbage();
  await clock.advance(IDLE);
  await failed;
  assert.equal(await upstream.log[0]!.ended, "aborted");
});

Deno.test("idle_timeout, ends a list of tags, one of referrers and the answer to a push", async () => {
  const table: [name: string, method: string, path: string, status: number][] = [
    ["tags", "GET", "tags/list", 504],
    ["referrers", "GET", `referrers/${layer.digest}`, 504],
    ["push", "PUT", "manifests/2", 200],
  ];
  for (const [name, method, path, status] of table) {
    const log: Seen[] = [];
    const faults = new FaultBook([{ action: { kind: "stall", after: 50_000 } }]);
    const handler = () => ({ status: 200, body: " ".repeat(100_000) });
    const wire = await serveWire({ name: "registry", handler, log, faults });
    const { clock, proxy } = await setup(wire.url);
    await using _ = proxy;
    try {
      const body = method === "PUT" ? big.root.bytes : null;
      const response = await whileTimePasses(
        clock,
        proxy.get(`/v2/org/app/${path}`, { method, body }),
      );
      assert.equal(response.status, status, name);
      const whole = whileTimePasses(clock, response.bytes());
      if (status === 200) await assert.rejects(whole);
      else assert.match(new TextDecoder().decode(await whole), /nothing arrived for 1 s/);
      assert.equal(await log[0]!.ended, "aborted", name);
    } finally {
      await wire.close();
    }
  }
});
