import assert from "node:assert/strict";
import { Asker } from "../../../proxy/ahead/asker.ts";
import { heldAfter, NEW_STATE, type Rule, type RunResult } from "../../../proxy/ahead/rule.ts";
import type { RuleStates, RuleStore } from "../../../proxy/ahead/rule_store.ts";
import { Warm } from "../../../proxy/ahead/warm.ts";
import { registryMap } from "../../../proxy/names/target.ts";
import { image } from "../../fake/content.ts";
import type { FakeRegistryOptions } from "../../fake/registry.ts";
import { until } from "../../cache/support.ts";
import { type Ahead, ahead } from "./ahead.ts";

const HOUR = 3600e3;

const RULE: Rule = {
  name: "web",
  images: ["hub/org/app:^1.0"],
  platforms: [],
  referrers: false,
  every: 6 * HOUR,
  at: "",
  keep: 2,
  limit: 0,
  maxTags: 3,
};

const VERSIONS = {
  "org/app:1.0.0": image({ seed: 10 }),
  "org/app:1.1.0": image({ seed: 11 }),
  "org/app:1.2.0": image({ seed: 12 }),
  "org/app:2.0.0": image({ seed: 13 }),
};

interface Warmed extends Ahead {
  warm: Warm;
  rules: Rule[];
  results: RunResult[];
  pins: readonly string[];
  mine: boolean;
  kept: RuleStates;
  /** Moves the clock until the rules have been looked at, and waits for what that begins. */
  pass(ms: number): Promise<void>;
}

async function warmed(
  { registry = {}, rules = [RULE], known = {}, reserve = 0 }: {
    registry?: FakeRegistryOptions;
    rules?: Rule[];
    known?: RuleStates;
    reserve?: number;
  } = {},
): Promise<Warmed> {
  await using stack = new AsyncDisposableStack();
  const it = stack.use(await ahead({ images: VERSIONS, ...registry }));
  const more = {
    rules,
    results: [] as RunResult[],
    pins: [] as readonly string[],
    mine: true,
    kept: {} as RuleStates,
  };
  const store: RuleStore = {
    read: () => Promise.resolve(known),
    write: (states) => Promise.resolve(void (more.kept = structuredClone(states))),
  };
  const warm = new Warm({
    list: () => ({ rules: more.rules, reserve, zone: "UTC" }),
    pulls: it.pulls,
    asker: new Asker((request, caller) => it.proxy.handler(request, caller)),
    map: () => registryMap(it.proxy.config),
    cached: (registry) =>
      it.cache.repositories({ registry }).items.map(({ repository }) => repository),
    clock: it.clock,
    store,
    duty: () => Promise.resolve(more.mine),
    random: () => 0,
    pin(patterns) {
      more.pins = patterns;
      it.cache.configure({ pin: patterns });
    },
    runOver: (_, result) => more.results.push(result),
    warn: (line, error) => assert.fail(`${line}: ${error}`),
  });
  stack.defer(() => warm.close());
  await warm.start();
  const owned = stack.move();
  const pass = async (ms: number) => {
    await it.clock.advance(ms);
    await until(() => warm.views().every(({ running }) => running === undefined));
  };
  return Object.defineProperties(Object.assign(it, { warm, pass, results: more.results }), {
    rules: { get: () => more.rules, set: (next) => more.rules = next },
    pins: { get: () => more.pins },
    kept: { get: () => more.kept },
    mine: { set: (mine) => more.mine = mine },
    [Symbol.asyncDispose]: { value: () => owned.disposeAsync() },
  }) as Warmed;
}

Deno.test("rules, the newest versions come at once, stay pinned, and go when they are no more", async () => {
  await using it = await warmed();
  assert.equal(it.warm.views()[0]!.nextAt, it.clock.now());
  await it.pass(15e3);
  const [result] = it.results;
  assert.deepEqual([result!.state, result!.images, result!.pulls], ["done", 2, 2]);
  assert.ok(result!.came > 0);
  assert.deepEqual(it.pins, ["hub/org/app:1.2.0", "hub/org/app:1.1.0"]);
  assert.ok(it.cache.holds(VERSIONS["org/app:1.2.0"].root.digest));
  assert.ok(!it.cache.holds(VERSIONS["org/app:1.0.0"].root.digest));
  assert.ok(!it.cache.holds(VERSIONS["org/app:2.0.0"].root.digest));
  await until(() => it.cache.fills().length === 0);
  const stat = it.cache.stat(VERSIONS["org/app:1.1.0"].blobs[1]!.digest);
  assert.equal(stat?.pinned, true);
  it.upstream.add("org/app:1.3.0", image({ seed: 14 }));
  await it.pass(6 * HOUR);
  assert.equal(it.results.length, 2);
  assert.deepEqual(it.pins, ["hub/org/app:1.3.0", "hub/org/app:1.2.0"]);
  assert.equal(it.cache.stat(VERSIONS["org/app:1.1.0"].blobs[1]!.digest)?.pinned, false);
  it.rules = [];
  await it.clock.advance(15e3);
  assert.deepEqual([it.pins, it.warm.views()], [[], []]);
});

Deno.test("rules, run in their window, and a restart knows when the last run was", async () => {
  const now = Date.UTC(2026, 0, 1);
  const rule = { ...RULE, at: "02:00-05:00" };
  const last = now - HOUR;
  const known = {
    web: {
      ...{ last, ran: JSON.stringify(rule), result: null },
      held: { "hub/org/app:^1.0": ["hub/org/app:1.0.0"] },
    },
  };
  await using it = await warmed({ rules: [rule], known });
  assert.deepEqual(it.pins, ["hub/org/app:1.0.0"], "held before anything runs");
  // Six hours after the last run it is 05:00, which is out of the window until the next night.
  assert.equal(it.warm.views()[0]!.nextAt, now + 26 * HOUR);
  await it.clock.advance(2 * HOUR);
  assert.equal(it.results.length, 0);
  assert.equal(it.warm.runNow("web"), true);
  assert.equal(it.warm.runNow("web"), false);
  await it.pass(0);
  await until(() => it.results.length === 1);
  assert.equal(it.warm.runNow("nobody"), false);
});

Deno.test("rules, a window that ends stops what runs; the next one goes on", async () => {
  const gate = Promise.withResolvers<void>();
  const rule = { ...RULE, images: ["hub/org/app:1.0.0"], at: "00:00-01:00" };
  await using it = await warmed({ rules: [rule] });
  it.upstream.fault({
    path: /blobs/,
    method: "GET",
    action: { kind: "stall", until: gate.promise },
  });
  await it.clock.advance(15e3);
  await until(() => it.upstream.count("GET", /blobs/) > 0);
  await it.clock.advance(HOUR);
  await until(() => it.results.length === 1);
  gate.resolve();
  assert.equal(it.results[0]!.state, "closed");
  assert.equal(it.warm.views()[0]!.nextAt, Date.UTC(2026, 0, 2));
});

Deno.test("rules, one that is changed while it runs runs again at once", async () => {
  const gate = Promise.withResolvers<void>();
  await using it = await warmed();
  it.upstream.fault({ path: /blobs/, action: { kind: "stall", until: gate.promise } });
  await it.clock.advance(15e3);
  await until(() => it.upstream.count("GET", /blobs/) > 0);
  it.rules = [{ ...RULE, keep: 1 }];
  await it.clock.advance(15e3);
  gate.resolve();
  await until(() => it.results.length === 1);
  assert.equal(it.warm.views()[0]!.nextAt, it.clock.now());
  await it.pass(15e3);
  await until(() => it.results.length === 2);
  assert.deepEqual(it.pins, ["hub/org/app:1.2.0"]);
});

Deno.test("rules, one that is taken away and given again has forgotten what it held", async () => {
  const held = { "hub/org/app:^1.0": ["hub/org/app:1.0.0"] };
  await using it = await warmed({ known: { web: { ...NEW_STATE, held } } });
  for (const rules of [[], [RULE]]) {
    it.rules = rules;
    assert.equal(it.warm.views().length, rules.length);
    assert.deepEqual(it.pins, []);
  }
});

Deno.test("rules, what its window cut off goes on in the next one, after a restart, too", async () => {
  const now = Date.UTC(2026, 0, 1);
  const result = {
    ...{ startedAt: now - HOUR, endedAt: now, state: "closed" as const },
    ...{ images: 1, came: 0, here: 0, pulls: 0, problems: [] },
  };
  const rule = { ...RULE, every: 7 * 24 * HOUR, at: "02:00-05:00" };
  const known = { web: { ...NEW_STATE, last: now - HOUR, result } };
  await using it = await warmed({ rules: [rule], known });
  assert.equal(it.warm.views()[0]!.nextAt, now + 2 * HOUR);
});

Deno.test("rules, one that was killed in its run, or changed while Berth was away, is due at once", async () => {
  const last = Date.UTC(2026, 0, 1) - HOUR;
  for (const ran of ["", JSON.stringify({ ...RULE, keep: 9 })]) {
    await using it = await warmed({ known: { web: { ...NEW_STATE, last, ran } } });
    assert.equal(it.warm.views()[0]!.nextAt, it.clock.now());
    await it.pass(15e3);
    await until(() => it.results.length === 1);
    assert.equal(it.kept.web!.ran, JSON.stringify(RULE));
  }
});

Deno.test("rules, what is written down while one runs is that it is not over", async () => {
  const gate = Promise.withResolvers<void>();
  const known = { web: { ...NEW_STATE, last: Date.UTC(2026, 0, 1), ran: JSON.stringify(RULE) } };
  await using it = await warmed({ known });
  it.upstream.fault({ path: /blobs/, action: { kind: "stall", until: gate.promise } });
  it.warm.runNow("web");
  await until(() => it.upstream.count("GET", /blobs/) > 0);
  assert.equal(it.kept.web!.ran, "");
  gate.resolve();
  await until(() => it.results.length === 1);
  assert.equal(it.kept.web!.ran, JSON.stringify(RULE));
});

Deno.test("rules, another Berth that has the duty does the work", async () => {
  await using it = await warmed();
  it.mine = false;
  await it.clock.advance(HOUR);
  assert.equal(it.upstream.log.length, 0);
  it.mine = true;
  await it.pass(15e3);
  assert.equal(it.results.length, 1);
});

Deno.test("rules, what means too much or nothing is said, and what was held stays", async () => {
  const images = ["hub/org/app:*", "hub/org/app:^9", "hub/gone/app:1", "hub/org/app:1.0.0"];
  const known = {
    web: { ...NEW_STATE, held: { "hub/org/app:*": ["hub/org/app:0.9"] } },
  };
  await using it = await warmed({ rules: [{ ...RULE, images, keep: 0 }], known });
  await it.pass(15e3);
  const [{ state, problems }] = it.results as [RunResult];
  assert.equal(state, "failed");
  const whys = new Map(problems.map(({ what, why }) => [what, why]));
  assert.match(whys.get("hub/org/app:*")!, /4 images, more than max_tags \(3\)/);
  assert.match(whys.get("hub/org/app:^9")!, /no tag fits/);
  assert.match(whys.get("hub/gone/app:1")!, /does not have gone\/app:1/);
  assert.deepEqual(it.pins, ["hub/org/app:0.9", "hub/gone/app:1", "hub/org/app:1.0.0"]);
  assert.ok(it.cache.holds(VERSIONS["org/app:1.0.0"].root.digest));
});

Deno.test("heldAfter, of repositories that could not be looked at what was held stays", () => {
  const before = { "hub/*:^1": ["hub/a:1.0.0", "hub/b:1.0.0"], "hub/c:^1": ["hub/c:1.0.0"] };
  const match = { pattern: "hub/*:^1", images: ["hub/a:1.1.0"], fits: 1 };
  assert.deepEqual(heldAfter([{ ...match, problem: "" }], before), {
    "hub/*:^1": ["hub/a:1.1.0"],
  });
  assert.deepEqual(heldAfter([{ ...match, problem: "b gives no answer" }], before), {
    "hub/*:^1": ["hub/a:1.1.0", "hub/b:1.0.0"],
  });
});

Deno.test("rules, a pattern that never works out keeps nothing that another one has left behind", async () => {
  const images = ["hub/org/app:^1.0", "hub/nowhere/*:1"];
  await using it = await warmed({ rules: [{ ...RULE, images }] });
  await it.pass(15e3);
  await until(() => it.results.length === 1);
  assert.equal(it.results[0]!.state, "failed");
  assert.deepEqual(it.pins, ["hub/org/app:1.2.0", "hub/org/app:1.1.0"]);
  it.upstream.add("org/app:1.3.0", image({ seed: 14 }));
  await it.pass(6 * HOUR);
  await until(() => it.results.length === 2);
  assert.deepEqual(it.pins, ["hub/org/app:1.3.0", "hub/org/app:1.2.0"]);
});

Deno.test("rules, repositories by a pattern: those of the catalog and of the cache", async () => {
  const images = {
    ...VERSIONS,
    "org/web:1.0.0": image({ seed: 20 }),
    "team/x:1.0.0": image({ seed: 21 }),
  };
  await using it = await warmed({ registry: { images, pageSize: 1 } });
  const signal = new AbortController().signal;
  const look = { images: ["hub/org/*:^1"], keep: 1, maxTags: 50 };
  const [match] = await it.warm.preview(look, signal);
  assert.deepEqual(match!.images, ["hub/org/app:1.2.0", "hub/org/web:1.0.0"]);
  it.upstream.options.catalog = false;
  const [cached] = await it.warm.preview(look, signal);
  assert.match(
    cached!.problem,
    /no repository that is cached or that the registry's catalog names/,
  );
  await it.pull({ images: ["hub/org/web:1.0.0"] });
  // The list of repositories is remembered for a moment.
  let found: string[] = [];
  for (let tries = 0; tries < 1000 && found.length === 0; tries++) {
    await it.clock.advance(1000);
    found = (await it.warm.preview(look, signal))[0]!.images;
  }
  assert.deepEqual(found, ["hub/org/web:1.0.0"]);
});

Deno.test("rules, what is left of a quota for clients is not touched", async () => {
  await using it = await warmed({ reserve: 0.3 });
  const left = new Headers({
    "ratelimit-limit": "100;w=3600",
    "ratelimit-remaining": "30;w=3600",
  });
  it.quota.observe("hub", left, 200, it.clock.now());
  await it.clock.advance(15e3);
  await until(() => it.pulls.list()[0]?.images[0]?.state === "held");
  const [waiting] = it.pulls.list()[0]!.images;
  assert.equal(waiting!.error, "what is left of the registry's quota is for clients");
  assert.equal(waiting!.until, it.clock.now() - 15e3 + HOUR, "and until when");
  assert.equal(it.upstream.count("GET", /manifests/), 0);
  assert.equal((await it.pull({ images: ["hub/org/app:2.0.0"] })).state, "done", "a person's may");
  await it.pass(HOUR);
  await until(() => it.results.length === 1);
  assert.equal(it.results[0]!.state, "done");
});
