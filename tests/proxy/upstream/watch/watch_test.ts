import assert from "node:assert/strict";
import { systemClock } from "../../../../base/clock.ts";
import type { Registry } from "../../../../proxy/config/schema.ts";
import { UpstreamError } from "../../../../proxy/upstream/errors.ts";
import { type Finding, FINE } from "../../../../proxy/upstream/watch/finding.ts";
import { RegistryWatch } from "../../../../proxy/upstream/watch/watch.ts";
import { check } from "../../../../proxy/upstream/watch/check.ts";
import type { Gate } from "../../../../proxy/upstream/watch/gate.ts";
import type { RegistryChange } from "../../../../proxy/upstream/watch/watched.ts";
import { FakeClock } from "../../../fake/clock.ts";
import { image } from "../../../fake/content.ts";
import { fakeRegistry } from "../../../fake/registry.ts";
import { registryAt, TIMEOUTS, upstreamAt } from "../support.ts";

const REFUSED: Finding = {
  reason: "connect",
  message: "the connection was refused",
  dead: "refused",
};
const SILENT: Finding = { reason: "timeout", message: "it did not answer", dead: "timeout" };

/** A watch in a time of its own, over registries whose state is what `found` says. */
function watchOver(names: readonly string[], own: readonly string[] = names) {
  const clock = new FakeClock();
  const registries = names.map((name): Registry => ({ ...registryAt("http://127.0.0.1:9"), name }));
  const found = new Map<string, Finding>();
  const looks: string[] = [];
  const told: RegistryChange[] = [];
  const pulled = new Set<string>();
  /** Milliseconds that a look takes at a registry that is silent. */
  const takes = { silent: 8_000 };
  const watch = new RegistryWatch({
    clock,
    pulled: () => pulled,
    changed: (change) => told.push(change),
    async check({ name }, signal) {
      looks.push(name);
      const now = found.get(name) ?? FINE;
      if (now.reason === "timeout") await clock.delay(takes.silent, signal);
      return now;
    },
  });
  watch.follow(registries, own);
  return { clock, watch, registries, found, looks, told, pulled };
}

const failure = new UpstreamError("refused", "hub");

/** What `gate` says to a request, once time has gone on for as long as that takes. */
async function refusal(gate: Gate, clock: FakeClock): Promise<UpstreamError | undefined> {
  let error: unknown;
  let over = false;
  const ended = (async () => await gate.enter())().catch((thrown) => error = thrown)
    .finally(() => over = true);
  const began = clock.now();
  while (!over && clock.now() - began <= 50) await clock.advance(1);
  assert.ok(over, "within 50 ms");
  await ended;
  assert.ok(error === undefined || error instanceof UpstreamError, `${error}`);
  return error;
}

Deno.test("RegistryWatch, looks at the start and each minute", async () => {
  const { clock, watch, looks } = watchOver(["hub"]);
  await clock.advance(0);
  assert.deepEqual(looks, ["hub"]);
  assert.equal(watch.of("hub")?.reason, "ok");
  await clock.advance(180_000);
  assert.equal(looks.length, 4);
  watch.close();
  assert.equal(clock.pending, 0);
});

Deno.test("RegistryWatch, tells of an end within 80 s and of the way back within 35 s", async () => {
  for (const finding of [REFUSED, SILENT]) {
    for (const after of [1, 30_000, 59_999]) {
      const { clock, watch, found, told } = watchOver(["hub"]);
      await clock.advance(after);
      found.set("hub", finding);
      await clock.advance(80_000);
      assert.deepEqual(told.map(({ verdict }) => verdict.reason), [finding.reason], `${after}`);
      await clock.advance(3600_000 + after);
      found.delete("hub");
      await clock.advance(35_000);
      assert.equal(told.length, 2, "once each");
      assert.equal(told[1]?.verdict.up, true);
      assert.equal(told[1]?.lasted, told[1]!.verdict.since - told[0]!.verdict.since);
      watch.close();
      assert.equal(clock.pending, 0);
    }
  }
});

Deno.test("RegistryWatch, a look that goes wrong by itself is not the last one", async () => {
  const clock = new FakeClock();
  let looks = 0;
  const check = () => ++looks === 1 ? Promise.reject(new Error("odd")) : Promise.resolve(FINE);
  const watch = new RegistryWatch({ clock, pulled: () => [], check });
  watch.follow([registryAt("http://127.0.0.1:9")], ["test"]);
  await clock.advance(60_000);
  assert.deepEqual([looks, watch.of("test")?.up], [2, true]);
  watch.close();
});

Deno.test("RegistryWatch, backs off from what is down", async () => {
  const { clock, watch, found, looks } = watchOver(["hub"]);
  found.set("hub", REFUSED);
  await clock.advance(3600_000);
  assert.ok(looks.length < 130, `${looks.length} looks in an hour`);
  watch.close();
});

Deno.test("RegistryWatch, looks at what is the operator's own, pulled or asked, and at nothing else", async () => {
  const { clock, watch, looks, pulled } = watchOver(["own", "pulled", "asked", "idle"], ["own"]);
  pulled.add("pulled");
  await clock.advance(0);
  assert.deepEqual(looks, ["own"]);
  watch.gate("asked").enter();
  await clock.advance(60_000);
  assert.deepEqual(new Set(looks), new Set(["own", "pulled", "asked"]));
  assert.deepEqual([...watch.entries()].map(([name]) => name), ["own", "pulled", "asked"]);
  pulled.clear();
  await clock.advance(25 * 3600_000);
  assert.deepEqual([...watch.entries()].map(([name]) => name), ["own"]);
  watch.close();
});

Deno.test("RegistryWatch, other settings are looked at at once, and know since when it is down", async () => {
  const { clock, watch, registries, found, told, looks } = watchOver(["hub"]);
  found.set("hub", REFUSED);
  await clock.advance(70_000);
  const before = looks.length;
  watch.follow(registries, ["hub"]);
  await clock.advance(0);
  assert.equal(looks.length, before, "the same settings are no reason");
  found.delete("hub");
  watch.follow([{ ...registries[0]!, url: "http://127.0.0.1:10" }], ["hub"]);
  await clock.advance(0);
  assert.deepEqual(told.map(({ verdict }) => verdict.up), [false, true]);
  watch.follow([], []);
  assert.equal(watch.of("hub"), undefined);
  watch.close();
  assert.equal(clock.pending, 0);
});

Deno.test("RegistryWatch, a request that fails makes it look at once; shut only when both agree", async () => {
  const { clock, watch, found, looks } = watchOver(["hub"]);
  const gate = watch.gate("hub");
  await clock.advance(10_000);
  gate.failed(failure);
  await clock.advance(0);
  assert.equal(looks.length, 2);
  assert.equal(gate.enter(), undefined, "the look found it well");
  found.set("hub", REFUSED);
  await clock.advance(10_000);
  gate.failed(failure);
  await clock.advance(0);
  assert.equal(watch.of("hub")?.up, false);
  const error = await refusal(gate, clock);
  assert.deepEqual([error?.kind, error?.status, error?.unasked], ["refused", 502, true]);
  assert.ok(error!.retryAfter! >= 1 && error!.retryAfter! <= 30, `${error!.retryAfter}`);
  watch.close();
});

Deno.test("RegistryWatch, a failing request does not make it look more often than each second", async () => {
  const { clock, watch, found, looks } = watchOver(["hub"]);
  found.set("hub", REFUSED);
  const gate = watch.gate("hub");
  await clock.advance(0);
  for (let i = 0; i < 100; i++) {
    gate.failed(failure);
    await clock.advance(100);
  }
  assert.ok(looks.length <= 12, `${looks.length} looks in ten seconds`);
  watch.close();
});

Deno.test("RegistryWatch, the first request after the end of it passes", async () => {
  const { clock, watch, found } = watchOver(["hub"]);
  const gate = watch.gate("hub");
  await clock.advance(1000);
  found.set("hub", REFUSED);
  gate.failed(failure);
  await clock.advance(20_000);
  assert.equal((await refusal(gate, clock))?.kind, "refused");
  found.delete("hub");
  assert.equal(await refusal(gate, clock), undefined, "a moment after the last look");
  assert.equal(watch.of("hub")?.up, true);
  watch.close();
  assert.equal(clock.pending, 0);
});

Deno.test("RegistryWatch, nobody waits for a registry that was silent", async () => {
  const { clock, watch, found } = watchOver(["hub"]);
  const gate = watch.gate("hub");
  await clock.advance(1000);
  found.set("hub", SILENT);
  gate.failed(new UpstreamError("timeout", "hub"));
  await clock.advance(60_000);
  await assert.rejects(async () => await gate.enter(), { kind: "timeout", status: 504 });
  watch.close();
});

Deno.test("RegistryWatch, credentials that are rejected, or errors, shut nothing and are not tried again by requests", async () => {
  const { clock, watch, found, looks } = watchOver(["hub"]);
  const gate = watch.gate("hub");
  found.set("hub", { reason: "auth", message: "rejected" });
  await clock.advance(120_000);
  assert.equal(watch.of("hub")?.reason, "auth");
  const before = looks.length;
  for (let i = 0; i < 50; i++) {
    assert.equal(gate.enter(), undefined);
    gate.answered(401);
    await clock.advance(100);
  }
  assert.ok(looks.length <= before + 1);
  watch.close();
});

Deno.test("RegistryWatch, many requests to what is down share their looks", async () => {
  const { clock, watch, found, looks } = watchOver(["hub"]);
  const gate = watch.gate("hub");
  await clock.advance(1000);
  found.set("hub", REFUSED);
  gate.failed(failure);
  await clock.advance(1000);
  const before = looks.length;
  const all = await Promise.all(Array.from({ length: 100 }, () => refusal(gate, clock)));
  assert.ok(all.every((error) => error?.unasked));
  assert.ok(looks.length - before <= 4, `${looks.length - before} looks`);
  watch.close();
  assert.equal(clock.pending, 0);
});

Deno.test("request, a dead registry is asked by the watch alone, and by requests at once when it is back", async () => {
  const options = { images: { "org/app:1": image() } };
  const upstream = await fakeRegistry(options);
  const registry = registryAt(upstream.url);
  const told: RegistryChange[] = [];
  const watch = new RegistryWatch({
    clock: systemClock,
    pulled: () => [],
    check: (one, signal) => check(one, { timeouts: TIMEOUTS, env: {} }, signal),
    changed: (change) => told.push(change),
  });
  watch.follow([registry], ["test"]);
  await using client = upstreamAt(upstream.url, {}, { gate: watch.gate("test"), retries: 3 });
  const manifest = { method: "GET", path: "/v2/org/app/manifests/1", scopes: [] };
  const ask = async () => await (await client.request(manifest)).response.bytes();
  await ask();
  await upstream[Symbol.asyncDispose]();
  await assert.rejects(ask(), { kind: "refused" });
  while (told.length === 0) await assert.rejects(ask(), { kind: "refused" });
  assert.deepEqual(told.map(({ verdict }) => verdict.reason), ["connect"]);
  const began = performance.now();
  for (let i = 0; i < 10; i++) {
    await assert.rejects(ask(), { kind: "refused", unasked: true });
  }
  const each = (performance.now() - began) / 10;
  assert.ok(each < 250, `${each} ms, where the attempts alone would take 1 s`);
  const insisting = client.request({ ...manifest, insist: true, retries: 0 });
  await assert.rejects(insisting, { kind: "refused", unasked: false });
  await using _ = await fakeRegistry({ ...options, port: Number(new URL(upstream.url).port) });
  await ask();
  assert.equal(told.at(-1)?.verdict.up, true);
  watch.close();
});
