import assert from "node:assert/strict";
import { DigestMismatch, SourceBroken } from "../../cache/errors.ts";
import type { Answer } from "../../proxy/answer.ts";
import { ReadyAnswers } from "../../proxy/cached/ready_answers.ts";
import { finish } from "../../proxy/finish.ts";
import type { RequestRecord } from "../../proxy/observe/record.ts";
import { OciError } from "../../proxy/oci/errors.ts";
import type { Arrival } from "../../proxy/receive.ts";
import { renderError } from "../../proxy/render_error.ts";
import { UpstreamError } from "../../proxy/upstream/errors.ts";
import { FakeClock, settle } from "../fake/clock.ts";
import { exchangeOf, type ExchangeOptions } from "../fake/exchange.ts";
import { record } from "../fake/records.ts";

const PATH = "/v2/org/app/manifests/1";

function setup(options: ExchangeOptions = {}) {
  const clock = new FakeClock();
  const reported: RequestRecord[] = [];
  const { request, path, target } = exchangeOf(PATH, options);
  const arrival: Arrival = {
    request,
    caller: { peer: "10.0.0.9", via: "direct" },
    url: new URL(request.url),
    origin: { client: "10.0.0.9", scheme: "http", host: "berth.test", proxied: false, name: "" },
    record: record({ time: clock.now(), method: request.method, cache: "none", bytes: 0 }),
    kind: path.kind,
    path,
    user: "ann",
    target,
  };
  const finishing = {
    clock,
    now: clock.now,
    sendTimeout: 1000,
    onRecord: (done: RequestRecord) => reported.push(done),
  };
  const ready = new ReadyAnswers({ revision: 0, touch: () => {} }, finishing);
  const end = (response: Response, answer?: Omit<Answer, "response">, error?: Error) =>
    finish(
      { arrival, response, answer: answer && { response, ...answer }, error },
      finishing,
      ready,
    );
  return { clock, reported, arrival, ready, end };
}

/** A body of three bytes, and then `error` or its end. */
function bodyOf(error?: Error): Response {
  return new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(3)),
      pull: (controller) => error ? controller.error(error) : controller.close(),
    }, { highWaterMark: 0 }),
  );
}

Deno.test("finish, the record has what the request was about, and the response its id", () => {
  const { arrival, reported, end } = setup();
  const response = end(new Response("12345", { headers: { "content-length": "5" } }), {
    cache: "hit",
    again: { body: null, digest: "sha256:a", until: Infinity },
  });
  assert.equal(reported.length, 1);
  const { kind, registry, repository, reference, user, cache, status, bytes } = reported[0]!;
  assert.deepEqual(
    { kind, registry, repository, reference, user, cache, status, bytes },
    {
      kind: "manifest",
      registry: "hub",
      repository: "org/app",
      reference: "1",
      user: "ann",
      cache: "hit",
      status: 200,
      bytes: 5,
    },
  );
  assert.equal(response.headers.get("x-request-id"), arrival.record.id);
  assert.equal(response.headers.get("docker-distribution-api-version"), "registry/2.0");
});

Deno.test("finish, an error is recorded with its code, its message and no cache result", () => {
  const table: [Error, code: string, message: string, upstream: string, status: number][] = [
    [new OciError("TAG_INVALID"), "TAG_INVALID", "invalid tag", "", 400],
    [new UpstreamError("dns", "hub", { reason: "no" }), "UNAVAILABLE", "hub: no", "dns", 502],
    [new TypeError("hunter2"), "UNKNOWN", "internal error; see the log", "", 500],
  ];
  for (const [error, code, message, upstream, status] of table) {
    const { reported, end } = setup();
    end(renderError(error, "GET"), undefined, error);
    const done = reported[0]!;
    assert.deepEqual(
      [done.error, done.message, done.upstreamError, done.status, done.cache],
      [code, message, upstream, status, "none"],
    );
  }
});

Deno.test("finish, a body is reported when it has ended, with what was taken and how it ended", async () => {
  const table: [Error | undefined, RequestRecord["ended"], code: string][] = [
    [undefined, "complete", ""],
    [new DigestMismatch("sha256:a", "sha256:b"), "damaged", "UNAVAILABLE"],
    [new SourceBroken("broke off", 3), "upstream broke off", "UNAVAILABLE"],
    [new UpstreamError("reset", "hub"), "upstream broke off", "UNAVAILABLE"],
    [new Error("closing"), "stopped", "UNKNOWN"],
  ];
  for (const [error, ended, code] of table) {
    const { reported, arrival, clock, end } = setup();
    const response = end(bodyOf(error), { cache: "miss" });
    assert.deepEqual([reported.length, arrival.reported], [0, undefined], "not before its end");
    await response.bytes().catch(() => {});
    await settle();
    const done = reported[0]!;
    assert.deepEqual([done.ended, done.error, done.bytes], [ended, code, 3], ended);
    assert.equal(arrival.reported, true);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("finish, a client that takes nothing for send_timeout is given up", async () => {
  const { reported, clock, end } = setup();
  const reader = end(bodyOf(), { cache: "miss" }).body!.getReader();
  await reader.read();
  await clock.advance(1000);
  assert.equal(reported[0]?.ended, "client stalled");
});

Deno.test("finish, what may be given again is kept, but not what a client's own credentials got", () => {
  const body = new TextEncoder().encode("12345");
  const again = { body, digest: "sha256:a", until: Infinity };
  const table: [ExchangeOptions, Partial<Answer>, kept: boolean][] = [
    [{}, { again }, true],
    [{}, {}, false],
    [{ registry: { auth: { mode: "client" } } }, { again }, false],
  ];
  for (const [options, given, kept] of table) {
    const { arrival, ready, end } = setup(options);
    end(new Response(body), { cache: "hit", ...given });
    const found = ready.answer(arrival.request, arrival.caller);
    assert.equal(found !== undefined, kept, JSON.stringify(options));
  }
});

Deno.test("finish, a HEAD sends no bytes, whatever its Content-Length", () => {
  const { reported, end } = setup({ method: "HEAD" });
  end(new Response(null, { headers: { "content-length": "5" } }), { cache: "hit" });
  assert.equal(reported[0]?.bytes, 0);
});

Deno.test("finish, what nginx sends has the client's limit; a client at the depot is told of none", () => {
  for (const [status, rate] of [[200, "1048576"], [307, null]] as const) {
    const { arrival, reported, end } = setup();
    let over = 0;
    const speed = 2 ** 20;
    arrival.pass = { wait: () => 0, sent: () => {}, most: speed, speed, done: () => over++ };
    const response = end(new Response(null, { status }), {
      cache: "hit",
      handedOver: { bytes: 7, status },
    });
    assert.equal(response.headers.get("x-accel-limit-rate"), rate);
    assert.deepEqual([over, reported[0]!.bytes, reported[0]!.ended], [1, 7, "handed over"]);
  }
});
