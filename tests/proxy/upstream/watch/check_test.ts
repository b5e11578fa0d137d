import assert from "node:assert/strict";
import { check, LIMIT } from "../../../../proxy/upstream/watch/check.ts";
import { FakeClock } from "../../../fake/clock.ts";
import { fakeRegistry } from "../../../fake/registry.ts";
import { registryAt, TIMEOUTS } from "../support.ts";

const basic = { scheme: "basic", users: { ann: "right" } } as const;
const bearer = { scheme: "bearer", users: { ann: "right" } } as const;
const auth = (password: string) => ({ auth: { username: "ann", password } });

async function look(url: string, settings: Record<string, unknown> = {}, more: object = {}) {
  const options = { timeouts: TIMEOUTS, env: {}, ...more };
  return await check(registryAt(url, settings), options, new AbortController().signal);
}

Deno.test("check, up: open, signed in, anonymous where that is not enough, clients' own sign-in", async () => {
  await using open = await fakeRegistry();
  await using locked = await fakeRegistry({ auth: basic });
  await using tokens = await fakeRegistry({ auth: bearer });
  assert.equal((await look(open.url)).reason, "ok");
  for (const { url } of [locked, tokens]) {
    assert.equal((await look(url, auth("right"))).reason, "ok");
    assert.equal((await look(url)).reason, "ok");
    assert.equal((await look(url, { auth: { mode: "client" } })).reason, "ok");
  }
  for (const { log } of [open, locked, tokens]) {
    assert.deepEqual(
      log.filter(({ server, path }) => server === "registry" && path !== "/v2/"),
      [],
      "no manifest is asked for",
    );
  }
});

Deno.test("check, credentials that are rejected, by the registry and by its token server", async () => {
  for (const scheme of [basic, bearer]) {
    await using upstream = await fakeRegistry({ auth: scheme });
    const found = await look(upstream.url, auth("wrong"));
    assert.equal(found.reason, "auth");
    assert.equal(found.dead, undefined);
    assert.doesNotMatch(JSON.stringify(found), /wrong/);
  }
});

Deno.test("check, nobody is there: no name, no port", async () => {
  await using upstream = await fakeRegistry();
  const { url } = upstream;
  await upstream[Symbol.asyncDispose]();
  const refused = await look(url);
  assert.deepEqual([refused.reason, refused.dead], ["connect", "refused"]);
  assert.equal(refused.message, "the connection was refused");
  const lookup = () => Promise.reject(new Error("ENOTFOUND"));
  const nameless = await look("https://nowhere.invalid", { insecure_tls: true }, { lookup });
  assert.deepEqual([nameless.reason, nameless.dead], ["dns", "dns"]);
});

Deno.test("check, answers of no use, and a token server that is away, are not the registry's end", async () => {
  await using upstream = await fakeRegistry({ auth: bearer });
  upstream.fault({ server: "token", times: Infinity, action: { kind: "close" } });
  const tokens = await look(upstream.url, auth("right"));
  assert.deepEqual([tokens.reason, tokens.dead], ["connect", undefined]);
  assert.match(tokens.message, /^its token server at 127\.0\.0\.1:\d+: the connection was closed/);
  upstream.clearFaults();
  upstream.fault({ path: "/v2/", times: Infinity, action: { kind: "answer", status: 503 } });
  const busy = await look(upstream.url);
  assert.deepEqual([busy.reason, busy.message], ["http", "it answered 503"]);
});

Deno.test("check, a registry that takes longer than pulls would wait for it", async () => {
  await using upstream = await fakeRegistry();
  const release = Promise.withResolvers<void>();
  upstream.fault({ path: "/v2/", action: { kind: "stall", until: release.promise } });
  const clock = new FakeClock();
  const dial = () => Promise.resolve();
  const timeouts = { ...TIMEOUTS, response: 30e3 };
  const found = look(upstream.url, {}, { clock, dial, timeouts });
  while (upstream.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(LIMIT);
  assert.deepEqual(await found, {
    reason: "timeout",
    message: "it did not answer within 8 s",
    dead: "timeout",
  });
  release.resolve();
  assert.equal(clock.pending, 0);
});
