import assert from "node:assert/strict";
import { type Registry, registrySchema } from "../../../proxy/config/schema.ts";
import { probe, type ProbeResult } from "../../../proxy/upstream/probe.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { CLOSED_PORT } from "../../fake/ports.ts";

const options = {
  timeouts: { connect: 30_000, response: 30_000, idle: 30_000 },
  env: {},
};

function registry(url: string, input: object = {}): Registry {
  return { ...registrySchema.parse({ url, ...input }), name: "test" };
}

function run(it: Registry, more: object = {}): Promise<ProbeResult> {
  return probe(it, { ...options, ...more }, new AbortController().signal);
}

const told = ({ steps }: ProbeResult) =>
  steps.map(({ step, result, text }) => `${step} ${result}: ${text}`);

Deno.test("probe, an open registry by plain HTTP", async () => {
  await using upstream = await fakeRegistry({});
  const result = await run(registry(upstream.url));
  assert.deepEqual(told(result), [
    "dns skipped: Already an IP address",
    "connect ok: Connected",
    "tls skipped: Plain HTTP: nothing is encrypted",
    "ping ok: It answers, and asks for no sign-in",
    "sign-in skipped: Not asked for",
  ]);
  assert.deepEqual([result.ok, result.text], [true, "Reachable"]);
});

Deno.test("probe, signs in with the right password and says who it is", async () => {
  await using upstream = await fakeRegistry({ auth: { scheme: "basic", users: { ann: "right" } } });
  const auth = { username: "ann", password: "right" };
  const good = await run(registry(upstream.url, { auth }));
  assert.deepEqual([good.ok, good.text], [true, "Reachable, signed in as ann"]);
  const bad = await run(registry(upstream.url, { auth: { ...auth, password: "wrong" } }));
  assert.equal(bad.ok, false);
  assert.equal(bad.steps.at(-1)?.result, "failed");
  assert.doesNotMatch(JSON.stringify(bad), /wrong|right/);
  const client = await run(registry(upstream.url, { auth: { mode: "client" } }));
  assert.equal(told(client).at(-1), "sign-in skipped: Each client signs in itself");
});

Deno.test("probe, names the token server and an anonymous sign-in", async () => {
  await using upstream = await fakeRegistry({ auth: { scheme: "bearer" } });
  const result = await run(registry(upstream.url));
  assert.equal(result.ok, true);
  assert.equal(
    told(result)[3],
    `ping ok: It answers, sign-in is at ${new URL(upstream.tokenUrl).host}`,
  );
});

Deno.test("probe, stops at the first step that fails and says why", async () => {
  const lookup = () => Promise.reject(new Error("ENOTFOUND"));
  const unknown = await run(registry("https://nowhere.test"), { lookup });
  assert.deepEqual(told(unknown)[0], "dns failed: Its name could not be resolved (DNS)");
  assert.ok(unknown.steps.slice(1).every(({ result }) => result === "skipped"));
  assert.deepEqual([unknown.ok, unknown.text], [false, "Its name could not be resolved (DNS)"]);

  const refused = await run(registry(`http://127.0.0.1:${CLOSED_PORT}`));
  assert.equal(told(refused)[1], "connect failed: The connection was refused");
});

Deno.test("probe, TLS to a port that speaks none", async () => {
  await using upstream = await fakeRegistry({});
  const result = await run(registry(upstream.url.replace("http:", "https:")));
  assert.equal(told(result)[2], "tls failed: The TLS handshake failed");
});

Deno.test("probe, a server that is no registry", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    return new Response("hello", { status: 404 });
  });
  const result = await run(registry(`http://127.0.0.1:${server.addr.port}`));
  assert.equal(result.text, "There is no registry at this URL: /v2/ is not found");
  await server.shutdown();
});

Deno.test("probe, through an outgoing proxy only the registry itself is judged", async () => {
  const env = { http_proxy: "http://127.0.0.1:1" };
  const result = await run(registry("http://registry.test"), { env });
  assert.deepEqual(result.steps.slice(0, 3).map(({ result }) => result), [
    "skipped",
    "skipped",
    "skipped",
  ]);
  assert.equal(result.ok, false);
});

Deno.test("probe, ends when nobody waits for it", async () => {
  const signal = AbortSignal.abort(new Error("gone"));
  await assert.rejects(probe(registry("http://registry.test"), options, signal), /gone/);
});
