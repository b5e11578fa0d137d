import assert from "node:assert/strict";
import { KeptServer } from "../../base/kept_server.ts";

interface Opened {
  before: Deno.NetAddr | undefined;
  /** Ends it as Deno's server ends that cannot accept a connection. */
  fail(error: Error): void;
}

/** Servers that listen nowhere, on the port after the one before. */
function setup() {
  const opened: Opened[] = [];
  const reports: unknown[] = [];
  let next = Promise.withResolvers<void>();
  const open = (before?: Deno.NetAddr) => {
    const finished = Promise.withResolvers<void>();
    opened.push({ before, fail: finished.reject });
    next.resolve();
    next = Promise.withResolvers();
    return {
      addr: { transport: "tcp", hostname: "127.0.0.1", port: before?.port ?? 4000 },
      finished: finished.promise,
      shutdown: () => (finished.resolve(), finished.promise),
    } as Deno.HttpServer<Deno.NetAddr>;
  };
  const server = new KeptServer(open, (error) => reports.push(error));
  return { server, opened, reports, opensAgain: () => next.promise };
}

Deno.test("KeptServer, listens again at its address where it ended by itself, and tells why once", async () => {
  const { server, opened, reports, opensAgain } = setup();
  const error = new Error("Too many open files");
  for (const round of [1, 2]) {
    const again = opensAgain();
    opened.at(-1)!.fail(error);
    await again;
    assert.equal(opened.length, 1 + round);
    assert.equal(opened.at(-1)!.before?.port, 4000);
  }
  assert.deepEqual(reports, [error]);
  await server.shutdown();
});

Deno.test("KeptServer, does not listen again once it is shut down", async () => {
  const { server, opened, reports } = setup();
  await server.shutdown();
  opened[0]!.fail(new Error("late"));
  assert.equal(opened.length, 1);
  assert.deepEqual(reports, []);
});

Deno.test("KeptServer, throws what keeps it from listening at first", () => {
  assert.throws(
    () =>
      new KeptServer(() => {
        throw new Deno.errors.AddrInUse("taken");
      }),
    Deno.errors.AddrInUse,
  );
});
