import assert from "node:assert/strict";
import { AcmeKeeper, type Wanted } from "../../../proxy/acme/keeper.ts";
import type { Order } from "../../../proxy/acme/order.ts";
import type { AcmePeers } from "../../../proxy/acme/shared.ts";
import { readStored } from "../../../proxy/acme/stored.ts";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { listen, ListenError } from "../../../proxy/http/listen.ts";
import { testCertificate } from "../../fake/cert.ts";
import { FakeClock } from "../../fake/clock.ts";
import { fakeDocuments } from "../../fake/documents.ts";
import { fakeMemory } from "../../fake/memory.ts";
import { until } from "../../e2e/harness/wait.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of what {@linkcode testCertificate} makes: an hour ago to 24 hours from now. */
const LIFE = 25 * HOUR;

/** A keeper whose authority does what `answer` says, in a directory of its own. */
async function lab(answer: (domains: readonly string[]) => Promise<{ cert: string; key: string }>) {
  const dir = await Deno.makeTempDir({ prefix: "berth-acme-" });
  const clock = new FakeClock(Date.now());
  const lines: string[] = [];
  const outcomes: string[] = [];
  const orders: Order[] = [];
  const log = (line: string) => void lines.push(line);
  const open = (peers?: AcmePeers) =>
    new AcmeKeeper({
      clock,
      peers,
      log: { info: log, warn: log },
      tried: (outcome) => void outcomes.push(outcome),
      async obtain(order) {
        orders.push(order);
        return await answer(order.domains);
      },
    });
  const wanted = (fields: Partial<Wanted["acme"]> = {}, of = ""): Wanted => {
    const { tls: { acme } } = configSchema.parse({
      tls: { acme: { domains: ["berth.example.com"], http_listen: "127.0.0.1:0", ...fields } },
    });
    return { acme, file: `${dir}/acme${of}/authority.pem`, httpsPort: 443 };
  };
  return {
    ...{ clock, lines, outcomes, orders, open, wanted, dir },
    asked: () => orders.length,
    /** Waits for the end of the `count`th attempt, and for what comes after it. */
    async tried(count: number) {
      // What is to be done at once may only be on its way to the clock.
      await until(`attempt ${count}`, async () => {
        await clock.advance(0);
        return outcomes.length === count;
      });
      await until("the next timer", () => Promise.resolve(clock.pending === 1));
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

const issue = (domains: readonly string[]) => testCertificate([...domains]);

Deno.test("acme, first a placeholder, then what is issued, renewed at two thirds of its life", async () => {
  await using it = await lab(issue);
  const keeper = it.open();
  const wanted = it.wanted();
  await keeper.makeReady(wanted);
  const first = await readStored(wanted.file);
  assert.equal(first!.placeholder, true);
  assert.deepEqual(first!.names, ["berth.example.com"]);
  keeper.follow(wanted);
  assert.equal(keeper.state!.notAfter, null);
  await it.clock.advance(0);
  await it.tried(1);
  const stored = (await readStored(wanted.file))!;
  assert.equal(stored.placeholder, false);
  assert.equal((await Deno.stat(wanted.file)).mode! & 0o777, 0o600);
  const { notAfter, next, problem } = keeper.state!;
  assert.equal(notAfter, stored.notAfter);
  assert.equal(next, stored.notBefore + LIFE * 2 / 3);
  assert.equal(problem, "");
  await it.clock.advance(next - it.clock.now() - MINUTE);
  assert.equal(it.asked(), 1, "not before it is time");
  const text = await Deno.readTextFile(wanted.file);
  for (let left = 3; left > 0 && it.asked() === 1; left--) {
    await until("a timer", () => Promise.resolve(it.clock.pending === 1));
    await it.clock.advance(HOUR);
  }
  await it.tried(2);
  assert.notEqual(await Deno.readTextFile(wanted.file), text);
  assert.deepEqual(it.outcomes, ["issued", "issued"]);
  await keeper.close();
  assert.equal(it.clock.pending, 0);
});

Deno.test("acme, a certificate on the disk is used as it is, without asking anybody", async () => {
  await using it = await lab(issue);
  const wanted = it.wanted();
  const before = it.open();
  await before.makeReady(wanted);
  before.follow(wanted);
  await it.clock.advance(0);
  await it.tried(1);
  await before.close();
  const text = await Deno.readTextFile(wanted.file);
  const keeper = it.open();
  await keeper.makeReady(wanted);
  keeper.follow(wanted);
  await it.clock.advance(0);
  await until("it is known", () => Promise.resolve(keeper.state!.notAfter !== null));
  assert.equal(it.asked(), 1);
  assert.equal(await Deno.readTextFile(wanted.file), text);
  await keeper.close();
});

Deno.test("acme, what fails is tried again ever later, sooner where nobody answered, and told", async () => {
  const refused = new Error("DNS problem: NXDOMAIN looking up A for berth.example.com");
  const unreached = new UpstreamError("refused", "acme-v02.api.letsencrypt.org");
  const table = [[refused, 5, refused.message], [unreached, 1, unreached.reason]] as const;
  for (const [error, first, words] of table) {
    await using it = await lab(() => Promise.reject(error));
    const keeper = it.open();
    const wanted = it.wanted();
    await keeper.makeReady(wanted);
    keeper.follow(wanted);
    await it.clock.advance(0);
    const began = it.clock.now();
    let wait = first;
    for (let attempt = 1; attempt <= 3; attempt++, wait *= 2) {
      await it.tried(attempt);
      const { next, problem, failingSince } = keeper.state!;
      assert.equal(next - it.clock.now(), wait * MINUTE);
      assert.equal(problem, `acme-v02.api.letsencrypt.org: ${words}`);
      assert.equal(failingSince, began);
      await it.clock.advance(wait * MINUTE - 1);
      assert.equal(it.asked(), attempt);
      await it.clock.advance(1);
    }
    await it.tried(4);
    assert.match(
      it.lines[0]!,
      /^no certificate for berth\.example\.com: acme-v02.*; trying again in \d+ min$/,
    );
    // A reload that changes nothing is no reason to ask sooner; one that does is.
    keeper.follow(wanted);
    await it.clock.advance(1000);
    assert.equal(it.asked(), 4);
    keeper.follow(it.wanted({ email: "ops@example.com" }));
    await it.clock.advance(0);
    await it.tried(5);
    await keeper.close();
  }
});

Deno.test("acme, another domain takes another certificate; the old one stays until then", async () => {
  let answer = issue;
  await using it = await lab((domains) => answer(domains));
  const keeper = it.open();
  const wanted = it.wanted();
  await keeper.makeReady(wanted);
  keeper.follow(wanted);
  await it.clock.advance(0);
  await it.tried(1);
  const text = await Deno.readTextFile(wanted.file);
  const both = it.wanted({ domains: ["berth.example.com", "docker.example.com"] });
  answer = () => issue(["berth.example.com"]);
  await keeper.makeReady(both);
  keeper.follow(both);
  await it.clock.advance(0);
  await it.tried(2);
  assert.equal(await Deno.readTextFile(wanted.file), text);
  assert.match(keeper.state!.problem, /issued a certificate for berth\.example\.com$/);
  answer = issue;
  await it.clock.advance(5 * MINUTE);
  await it.tried(3);
  assert.deepEqual((await readStored(wanted.file))!.names, both.acme.domains);
  assert.equal(keeper.state!.problem, "");
  await keeper.close();
});

Deno.test("acme, what is changed while the file is being looked at is not lost", async () => {
  await using it = await lab(issue);
  const keeper = it.open();
  const wanted = it.wanted();
  await keeper.makeReady(wanted);
  const looked = [];
  // Each look begins within `skip`, and its reading ends no sooner than the first `await` here.
  for (const email of ["dev@example.com", "ops@example.com"]) {
    keeper.follow(it.wanted({ email }));
    looked.push(it.clock.skip(0));
  }
  await Promise.all(looked);
  await it.tried(1);
  assert.deepEqual(it.orders.map(({ email }) => email), ["ops@example.com"]);
  // One that is in force until it is due says nothing of the domain that comes meanwhile.
  const domains = ["berth.example.com", "docker.example.com"];
  for (const next of [it.wanted({ email: "ops@example.com" }), it.wanted({ domains })]) {
    keeper.follow(next);
    looked.push(it.clock.skip(0));
  }
  await Promise.all(looked);
  await it.tried(2);
  assert.deepEqual((await readStored(wanted.file))!.names, domains);
  await keeper.close();
});

Deno.test("acme, what is changed while the authority is asked is asked for next, at once", async () => {
  const refused = new Error("DNS problem: NXDOMAIN looking up A for berth.example.com");
  const answers = [Promise.withResolvers<never>(), Promise.withResolvers<never>()];
  await using it = await lab((domains) => answers[it.asked() - 1]?.promise ?? issue(domains));
  const keeper = it.open();
  const wanted = it.wanted();
  await keeper.makeReady(wanted);
  keeper.follow(wanted);
  await it.clock.advance(0);
  await until("the first is asked for", () => Promise.resolve(it.asked() === 1));
  // The same again, as a reload of anything else brings it.
  keeper.follow(it.wanted());
  await it.clock.advance(0);
  answers[0]!.reject(refused);
  await it.tried(1);
  assert.equal(keeper.state!.next - it.clock.now(), 5 * MINUTE);
  await it.clock.advance(5 * MINUTE);
  await until("it is asked for again", () => Promise.resolve(it.asked() === 2));
  keeper.follow(it.wanted({ email: "ops@example.com" }));
  await it.clock.advance(0);
  answers[1]!.reject(refused);
  await it.tried(3);
  assert.deepEqual(it.orders.map(({ email }) => email), ["", "", "ops@example.com"]);
  assert.deepEqual(it.outcomes, ["failed", "failed", "issued"]);
  await keeper.close();
});

Deno.test("acme, a certificate that somebody has removed is asked for again by a reload", async () => {
  await using it = await lab(issue);
  const keeper = it.open();
  const wanted = it.wanted();
  for (let attempt = 1; attempt <= 2; attempt++) {
    await keeper.makeReady(wanted);
    keeper.follow(wanted);
    await it.tried(attempt);
    assert.equal((await readStored(wanted.file))!.placeholder, false);
    await Deno.remove(wanted.file);
  }
  await keeper.close();
});

/** The ways of several keepers to each other; `turn` is whose it is to ask. */
function clusterOf() {
  const documents = fakeDocuments();
  const memory = fakeMemory();
  const listeners = new Map<string, () => void>();
  const state: { turn: string | undefined } = { turn: "a" };
  const peers = (id: string): AcmePeers => ({
    documents,
    memory,
    turn: () =>
      Promise.resolve(
        state.turn === id ? "mine" : state.turn === undefined ? "unknown" : "another's",
      ),
    tell() {
      for (const [other, look] of listeners) if (other !== id) look();
    },
    onTold: (listener) => void listeners.set(id, listener),
  });
  return { documents, memory, state, peers };
}

Deno.test("acme, in a cluster one asks, all have what it gets, and another goes on where it stopped", async () => {
  const began = Date.now() - HOUR;
  await using it = await lab((domains) => testCertificate([...domains], began + it.asked() * 5000));
  const cluster = clusterOf();
  const [a, b] = [it.open(cluster.peers("a")), it.open(cluster.peers("b"))];
  const [ofA, ofB] = [it.wanted({}, "-a"), it.wanted({}, "-b")];
  const begin = async (keeper: AcmeKeeper, wanted: Wanted) => {
    await keeper.makeReady(wanted);
    keeper.follow(wanted);
  };
  const same = (...all: Wanted[]) =>
    until("all have the same", async () => {
      await it.clock.advance(1000);
      const texts = await Promise.all(all.map(({ file }) => Deno.readTextFile(file)));
      const stored = await readStored(all[0]!.file);
      return new Set(texts).size === 1 && stored?.placeholder === false;
    });
  await begin(b, ofB);
  await begin(a, ofA);
  await same(ofA, ofB);
  assert.equal(it.asked(), 1);
  assert.equal((await Deno.stat(ofB.file)).mode! & 0o777, 0o600);
  await until("the other knows", async () => {
    await it.clock.advance(1000);
    return b.state!.notAfter === a.state!.notAfter;
  });
  assert.equal(b.state!.problem, "");
  // A newcomer has it before its port opens.
  const c = it.open(cluster.peers("c"));
  const ofC = it.wanted({}, "-c");
  await c.makeReady(ofC);
  assert.equal(await Deno.readTextFile(ofC.file), await Deno.readTextFile(ofA.file));
  c.follow(ofC);
  // The one that asked is gone when it is to be renewed.
  await a.close();
  cluster.state.turn = "b";
  const before = await Deno.readTextFile(ofB.file);
  // What is asked for takes its time, in which it must not become due once more.
  await it.clock.advance(LIFE * 2 / 3);
  await until("it is renewed", async () => {
    await it.clock.advance(1000);
    return await Deno.readTextFile(ofB.file) !== before;
  });
  await same(ofB, ofC);
  assert.equal(it.asked(), 2);
  await b.close();
  await c.close();
});

Deno.test("acme, in a cluster nobody asks while none can say whose turn it is, and that is told", async () => {
  await using it = await lab(issue);
  const cluster = clusterOf();
  cluster.state.turn = undefined;
  const keeper = it.open(cluster.peers("a"));
  const wanted = it.wanted();
  await keeper.makeReady(wanted);
  keeper.follow(wanted);
  await until("it says so", async () => {
    await it.clock.advance(1000);
    return /coordinator .* does not answer/.test(keeper.state!.problem);
  });
  assert.equal(it.asked(), 0);
  cluster.state.turn = "a";
  await until("it asks", async () => {
    await it.clock.advance(1000);
    return keeper.state!.notAfter !== null && keeper.state!.problem === "";
  });
  assert.equal(it.asked(), 1);
  await keeper.close();
});

Deno.test("acme, a port that cannot be had is named by its key", async () => {
  await using it = await lab(issue);
  const taken = listen({
    address: { hostname: "127.0.0.1", port: 0 },
    handler: () => new Response(),
  });
  const address = `127.0.0.1:${taken.address.port}`;
  const keeper = it.open();
  await assert.rejects(keeper.makeReady(it.wanted({ http_listen: address })), (error) => {
    assert.ok(error instanceof ListenError);
    assert.match(error.message, /^tls\.acme\.http_listen: .* is taken by another program/);
    return true;
  });
  await taken.close(0);
  await keeper.close();
});

Deno.test("acme, nothing is asked for, nothing is done", async () => {
  await using it = await lab(issue);
  const keeper = it.open();
  const none = it.wanted({ domains: [] });
  await keeper.makeReady(none);
  keeper.follow(none);
  assert.equal(keeper.state, undefined);
  assert.equal(it.clock.pending, 0);
  assert.equal(await readStored(none.file), undefined);
  await keeper.close();
});
