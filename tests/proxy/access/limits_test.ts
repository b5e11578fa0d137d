import assert from "node:assert/strict";
import type { SharedMemory, SharedRate } from "../../../base/shared_memory.ts";
import { limitsOf } from "../../../proxy/access/limit_rules.ts";
import { LimitBook, type Pass } from "../../../proxy/access/limits.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { OciError } from "../../../proxy/oci/errors.ts";
import { FakeClock } from "../../fake/clock.ts";

const OPEN = new AbortController().signal;

function fixture(limits: object[], memory?: SharedMemory) {
  const clock = new FakeClock();
  const book = new LimitBook({ clock, memory });
  const asking = { client: "10.0.0.1", user: "", registry: "docker" };
  const setUp = (limits: object[]) => book.rules(configSchema.parse({ limits }));
  let rules = setUp(limits);
  return {
    clock,
    reload: (limits: object[]) => void (rules = setUp(limits)),
    get rules() {
      return rules;
    },
    /** A pass, or the error and which limit it was. */
    async enter(who: object = {}): Promise<Pass> {
      return await rules!({ ...asking, ...who }, { limited: "" }, OPEN);
    },
    async refused(who: object = {}): Promise<[string, OciError]> {
      const record = { limited: "" };
      try {
        await rules!({ ...asking, ...who }, record, OPEN);
      } catch (error) {
        return [record.limited, error as OciError];
      }
      throw new Error("it was let in");
    },
  };
}

Deno.test("LimitBook, without limits for clients there is nothing in the way", () => {
  assert.equal(fixture([]).rules, undefined);
  assert.equal(fixture([{ bandwidth: "1MiB/s", upstream: true }]).rules, undefined);
});

Deno.test("LimitBook, requests, for each client, until there is room again", async () => {
  const it = fixture([{ name: "all", requests: "3/m" }]);
  for (let i = 0; i < 3; i++) (await it.enter()).done();
  const [limited, error] = await it.refused();
  assert.deepEqual([limited, error.code, error.status], ["all", "TOOMANYREQUESTS", 429]);
  assert.equal(error.headers["retry-after"], "20");
  assert.equal(
    error.message,
    "the limit all of this proxy allows a client 3/m requests; try again in 20 s",
  );
  (await it.enter({ client: "10.0.0.2" })).done();
  (await it.enter({ user: "ci" })).done();
  await it.clock.advance(20_000);
  (await it.enter()).done();
  await it.refused();
});

Deno.test("LimitBook, for all together, and an IPv6 network is one client", async () => {
  const together = fixture([{ requests: "2/s", total: true }]);
  for (const client of ["10.0.0.1", "10.0.0.2"]) (await together.enter({ client })).done();
  const [limited, error] = await together.refused({ client: "10.0.0.3" });
  assert.equal(limited, "limits[0]");
  assert.match(error.message, /allows all clients together 2\/s requests; try again in 1 s/);
  const each = fixture([{ requests: "1/s" }]);
  (await each.enter({ client: "2001:db8::1" })).done();
  await each.refused({ client: "2001:db8::2" });
  (await each.enter({ client: "2001:db8:0:1::2" })).done();
});

Deno.test("LimitBook, so many at once, and one more when one is over", async () => {
  const it = fixture([{ name: "few", concurrent: 2, requests: "100/s" }]);
  const first = await it.enter();
  await it.enter();
  const [limited, error] = await it.refused();
  assert.deepEqual([limited, error.headers["retry-after"]], ["few", "1"]);
  assert.match(error.message, /allows a client 2 requests at once/);
  first.done();
  (await it.enter()).done();
});

Deno.test("LimitBook, what is refused by one limit is not counted by another", async () => {
  const it = fixture([{ concurrent: 1 }, { requests: "1/m" }]);
  (await it.enter()).done();
  await it.refused();
  assert.match((await it.refused())[1].message, /requests;/, "none was left running");
});

Deno.test("LimitBook, bandwidth: a second's worth at once, then as fast as it may", async () => {
  const it = fixture([{ bandwidth: "1MiB/s" }]);
  const pass = await it.enter();
  assert.deepEqual([pass.wait(), pass.most, pass.speed], [0, 1048576, 1048576]);
  pass.sent(1048576);
  assert.equal(pass.wait(), 0);
  pass.sent(524288);
  assert.equal(pass.wait(), 500);
  const other = fixture([{ bandwidth: "1MiB/s" }]);
  assert.equal((await other.enter()).wait(), 0);
  await it.clock.advance(500);
  assert.equal(pass.wait(), 0);
  pass.sent(10_000);
  assert.equal(pass.wait(), 0, "too short for a timer, and made up for by the next");
});

Deno.test("LimitBook, a request waits for what its client has got too much of", async () => {
  const it = fixture([{ bandwidth: "1MiB/s" }]);
  (await it.enter()).sent(2 * 1048576);
  const record = { limited: "" };
  let entered = false;
  const asking = { client: "10.0.0.1", user: "", registry: "docker" };
  const entering = it.rules!(asking, record, OPEN).then(() => entered = true);
  await it.clock.advance(999);
  assert.deepEqual([entered, record.limited], [false, "limits[0]"]);
  await it.clock.advance(1);
  await entering;
  const gone = AbortSignal.abort(new Error("gone"));
  (await it.enter()).sent(4 * 1048576);
  await it.rules!(asking, record, gone);
  assert.equal(it.clock.pending, 0);
});

Deno.test("LimitBook, bytes are not taken for requests, nor requests for bytes", async () => {
  const it = fixture([{ requests: "2/m", bandwidth: "1MiB/s" }]);
  (await it.enter()).sent(1048576);
  const second = await it.enter();
  assert.equal(second.wait(), 0);
  const [, error] = await it.refused();
  assert.equal(error.headers["retry-after"], "30");
  second.sent(524288);
  assert.equal(second.wait(), 500);
});

Deno.test("LimitBook, a reload takes effect, and what is the same goes on", async () => {
  const it = fixture([{ name: "a", requests: "1/m" }]);
  (await it.enter()).done();
  it.reload([{ name: "a", requests: "1/m" }]);
  await it.refused();
  it.reload([{ name: "a", requests: "2/m" }]);
  (await it.enter()).done();
  it.reload([]);
  assert.equal(it.rules, undefined);
});

Deno.test("LimitBook, requests are counted by a whole cluster", async () => {
  const asked: SharedRate[] = [];
  const memory = {
    take: (rates: readonly SharedRate[]) => Promise.resolve(asked.push(...rates) > 1 ? 7000 : 0),
  } as unknown as SharedMemory;
  const it = fixture([{ name: "a", requests: "60/m" }], memory);
  (await it.enter()).done();
  const [, error] = await it.refused();
  assert.equal(error.headers["retry-after"], "7");
  assert.deepEqual([asked[0]!.burst, asked[0]!.everyMs], [60, 1000]);
});

Deno.test("limitsOf, whom a limit holds for, and what it says", () => {
  const { limits } = configSchema.parse({
    limits: [
      {
        name: "ci",
        users: ["ci"],
        networks: ["10.0.0.0/8"],
        registries: ["docker"],
        requests: "5/s",
      },
      { bandwidth: "50MiB/s", concurrent: 20, total: true },
    ],
  });
  const [ci, all] = limitsOf({ limits });
  const asking = { client: "10.1.1.1", user: "ci", registry: "docker" };
  assert.equal(ci!.holdsFor(asking), true);
  for (const other of [{ client: "11.0.0.1" }, { user: "" }, { registry: "quay" }]) {
    assert.equal(ci!.holdsFor({ ...asking, ...other }), false);
    assert.equal(all!.holdsFor({ ...asking, ...other }), true);
  }
  assert.equal(ci!.holdsFor({ client: "10.1.1.1", user: "ci" }), true, "for some registry");
  assert.deepEqual([ci!.text, all!.text], [
    "5/s requests",
    "50 MiB/s, 20 at once for all together",
  ]);
});
