import assert from "node:assert/strict";
import { eventStream, type EventStreamOptions, type ServerEvent } from "../../../ui/api/sse.ts";

interface Fixture {
  options: EventStreamOptions;
  state: { now: number; events: ServerEvent[]; allowed: boolean; polls: number };
  ended: Promise<void>;
  failures: unknown[];
}

function fixture(): Fixture {
  const state = { now: 0, events: [] as ServerEvent[], allowed: true, polls: 0 };
  const failures: unknown[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const options: EventStreamOptions = {
    poll: () => {
      state.polls++;
      return state.events.splice(0);
    },
    allowed: () => state.allowed,
    ended: resolve,
    failed: (error) => failures.push(error),
    now: () => state.now,
    tickMs: 1,
  };
  return { options, state, ended, failures };
}

function reader(response: Response) {
  const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    /** Reads on until the text ends so. */
    until: async (end: string) => {
      while (!text.endsWith(end)) {
        const { value, done } = await chunks.read();
        if (done) throw new Error(`ended after ${JSON.stringify(text)}`);
        text += value;
      }
      return text;
    },
    rest: async () => {
      for (;;) {
        const { value, done } = await chunks.read();
        if (done) return text;
        text += value;
      }
    },
    cancel: () => chunks.cancel(),
  };
}

Deno.test("eventStream, events, heartbeats, and an end when the reader goes", async () => {
  const { options, state, ended } = fixture();
  state.events.push({ event: "live", data: { a: "x\ny" } });
  const stream = reader(eventStream(options));
  assert.equal(
    await stream.until('"}\n\n'),
    'retry: 2000\n\nevent: live\ndata: {"a":"x\\ny"}\n\n',
  );
  state.events.push({ event: "requests", id: "7", data: [] });
  assert.match(await stream.until("[]\n\n"), /event: requests\nid: 7\ndata: \[\]\n\n$/);
  state.now += 15e3;
  await stream.until(": still here\n\n");
  await stream.cancel();
  await ended;
});

Deno.test("eventStream, ends when the reader may no longer listen", async () => {
  const { options, state, ended } = fixture();
  const stream = reader(eventStream(options));
  state.allowed = false;
  state.now += 1000;
  await stream.rest();
  await ended;
});

Deno.test("eventStream, polls nothing for a reader that does not read, and gives it up", async () => {
  const { options, state, ended } = fixture();
  state.events.push({ event: "requests", data: "x".repeat(100_000) });
  const response = eventStream(options);
  const { polls } = state;
  const waited = Promise.withResolvers<void>();
  let ticks = 0;
  options.now = () => {
    if (++ticks === 20) waited.resolve();
    return state.now;
  };
  await waited.promise;
  assert.equal(state.polls, polls);
  state.now += 61e3;
  await ended;
  await response.body!.cancel();
});

Deno.test("eventStream, a failure of ours is reported and breaks the stream off", async () => {
  const { options, state, ended, failures } = fixture();
  const stream = reader(eventStream(options));
  await stream.until("retry: 2000\n\n");
  options.poll = () => {
    throw new Error("broken");
  };
  await assert.rejects(stream.rest(), /broken/);
  await ended;
  assert.equal((failures[0] as Error).message, "broken");
  assert.ok(state.polls > 0);
});

Deno.test("eventStream, over a socket: a client that hangs up is noticed", async () => {
  const { options, state, ended } = fixture();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    return eventStream(options);
  });
  const abort = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/`, { signal: abort.signal });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const chunks = response.body!.getReader();
  await chunks.read();
  abort.abort();
  await assert.rejects(chunks.read(), { name: "AbortError" });
  state.events.push({ event: "live", data: 1 });
  await ended;
  await server.shutdown();
});
