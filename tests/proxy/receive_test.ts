import assert from "node:assert/strict";
import { NO_PROOFS } from "../../proxy/client_sign_in/proof.ts";
import { configSchema } from "../../proxy/config/schema.ts";
import type { Caller } from "../../proxy/http/caller.ts";
import { publicUrls } from "../../proxy/names/public_url.ts";
import { registryMap } from "../../proxy/names/target.ts";
import { Receiver, type ReceiverParts } from "../../proxy/receive.ts";
import { fakeUpstream } from "../fake/exchange.ts";

const DIRECT: Caller = { peer: "10.0.0.9", via: "direct" };
const ANN = `Basic ${btoa("ann:right")}`;

/** A receiver for a registry `hub` that Berth signs in at, and one `own` where clients do. */
function receiverOf(parts: Partial<ReceiverParts> = {}) {
  const config = configSchema.parse({
    default_registry: "hub",
    trusted_proxies: ["10.0.0.1"],
    registries: {
      hub: { url: "https://hub.test", library: true, allow: ["library/*"] },
      own: { url: "https://own.test", hosts: ["own.example.com"], auth: { mode: "client" } },
    },
  });
  const map = registryMap(config);
  return new Receiver(config, {
    map,
    address: publicUrls(config, map),
    upstream: () => fakeUpstream(() => new Response()),
    authenticate: undefined,
    proofs: NO_PROOFS,
    onLateBytes: () => {},
    now: () => 1000,
    ...parts,
  });
}

/** A request for `path`, spelled as the client did: what a server gets is not in its normal form. */
function arrive(
  receiver: Receiver,
  path: string,
  { headers = {}, ...init }: RequestInit = {},
  caller: Caller = DIRECT,
) {
  const url = `http://berth.test${path}`;
  const request = Object.defineProperty(new Request(url, { ...init, headers }), "url", {
    value: url,
  });
  return receiver.arrival(request, caller);
}

Deno.test("Receiver, arrival: where it comes from, and nothing read of it yet", () => {
  const receiver = receiverOf();
  const forwarded = { "x-forwarded-for": "1.2.3.4", "x-forwarded-host": "own.example.com" };
  const table: [peer: string, client: string, host: string][] = [
    ["10.0.0.9", "10.0.0.9", "berth.test"],
    ["10.0.0.1", "1.2.3.4", "own.example.com"],
  ];
  for (const [peer, client, host] of table) {
    const caller: Caller = { peer, via: "direct" };
    const arrival = arrive(receiver, "/v2/x?token=hunter2", { headers: forwarded }, caller);
    assert.equal(arrival.origin.client, client);
    assert.equal(arrival.origin.host, host);
    const { record, kind, user, target } = arrival;
    assert.deepEqual([record.time, record.client, record.kind], [1000, client, "page"]);
    assert.equal(record.path.includes("hunter2"), false);
    assert.deepEqual([kind, user, target], ["page", "", undefined]);
  }
});

Deno.test("Receiver, exchange: routed, with the client's credentials only where they count", async () => {
  const table: Record<string, [Caller, repository: string, authorization: string | undefined]> = {
    "/v2/alpine/manifests/1": [DIRECT, "hub library/alpine", undefined],
    "/own/v2/org/app/tags/list": [DIRECT, "own org/app", ANN],
    "/v2/own.example.com/app/tags/list": [DIRECT, "own app", ANN],
    "/v2/org/app/tags/list": [{ ...DIRECT, registry: "own" }, "own org/app", ANN],
    "/v2/": [DIRECT, "hub ", undefined],
  };
  for (const [path, [caller, repository, authorization]] of Object.entries(table)) {
    const headers = { authorization: ANN };
    const arrival = arrive(receiverOf(), path, { headers }, caller);
    const { target, authorization: shown, asked } = await receiverOf().exchange(arrival);
    assert.equal(`${target.registry.name} ${target.repository}`, repository, path);
    assert.equal(shown, authorization, path);
    assert.equal(arrival.target, target);
    assert.equal(asked, arrival.record, "what is asked goes to the record");
  }
});

Deno.test("Receiver, exchange: what is malformed or unknown is refused with what is known of it", async () => {
  const chunked = { method: "GET", headers: { "content-length": "3" } };
  const table: [string, RequestInit, code: string, status: number, kind: string][] = [
    ["/v2/a/../b/tags/list", {}, "NAME_INVALID", 400, "page"],
    ["/v2/org/app/manifests/-", {}, "TAG_INVALID", 400, "page"],
    ["/v2/org/app/tags/list", chunked, "UNSUPPORTED", 400, "page"],
    ["/nowhere/v2/org/app/tags/list", {}, "NAME_UNKNOWN", 404, "tags"],
    ["/v2/org/app/tags/list?ns=a&ns=b", {}, "NAME_INVALID", 400, "tags"],
  ];
  for (const [path, init, code, status, kind] of table) {
    const arrival = arrive(receiverOf(), path, init);
    await assert.rejects(receiverOf().exchange(arrival), { code, status }, path);
    assert.equal(arrival.kind, kind, path);
    assert.equal(arrival.target, undefined, path);
  }
});

Deno.test("Receiver, exchange: who signs in here is not asked for the registry's own credentials", async () => {
  const receiver = receiverOf({
    authenticate: (name, password) =>
      Promise.resolve(name === "ann" && password === "right" ? name : undefined),
  });
  const path = "/own/v2/org/app/tags/list";
  const signedIn = arrive(receiver, path, { headers: { authorization: ANN } });
  const { authorization, access } = await receiver.exchange(signedIn);
  assert.deepEqual([signedIn.user, access.user, authorization], ["ann", "ann", undefined]);

  const before = { ...DIRECT, user: "eve" };
  const forwarded = arrive(receiver, path, { headers: { authorization: "Bearer x" } }, before);
  const x = await receiver.exchange(forwarded);
  assert.deepEqual([forwarded.user, x.authorization], ["eve", "Bearer x"]);

  for (const headers of [{}, { authorization: `Basic ${btoa("ann:wrong")}` }] as HeadersInit[]) {
    const arrival = arrive(receiver, path, { headers });
    await assert.rejects(receiver.exchange(arrival), { code: "UNAUTHORIZED", status: 401 });
    assert.equal(arrival.target, undefined, "nothing is said of registries before that");
  }
});

Deno.test("Receiver, exchange: bytes that come after the record was handed on are counted beside it", async () => {
  const late: [string, number][] = [];
  const receiver = receiverOf({ onLateBytes: (...told) => late.push(told) });
  const arrival = arrive(receiver, "/v2/alpine/manifests/1");
  const { received } = await receiver.exchange(arrival);
  received(5);
  arrival.reported = true;
  received(7);
  assert.equal(arrival.record.upstreamBytes, 5);
  assert.deepEqual(late, [["hub", 7]]);
});

Deno.test("Receiver, tokenExchange: the registry's that is named or called; none where people sign in here", () => {
  const named = receiverOf().tokenExchange(arrive(receiverOf(), "/token/own"), "own");
  assert.equal(named.target.registry.name, "own");
  const called = arrive(receiverOf(), "/token", {}, { ...DIRECT, registry: "own" });
  assert.equal(receiverOf().tokenExchange(called, "").target.registry.name, "own");
  assert.equal(called.kind, "token");
  const receiver = receiverOf({ authenticate: (name) => Promise.resolve(name) });
  const arrival = arrive(receiver, "/token/own");
  assert.throws(() => receiver.tokenExchange(arrival, "own"), { code: "DENIED" });
  const forwarded = arrive(receiver, "/token/own", {}, { ...DIRECT, user: "eve" });
  assert.equal(receiver.tokenExchange(forwarded, "own").access.user, "eve");
});
