import assert from "node:assert/strict";
import { Once } from "../../base/once.ts";

Deno.test("Once.run, shares the run in flight by key and runs again afterwards", async () => {
  const once = new Once<number>();
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const task = async () => {
    const run = ++runs;
    await gate.promise;
    return run;
  };
  const shared = [once.run("a", task), once.run("a", task)];
  const other = once.run("b", task);
  assert.equal(runs, 2);
  gate.resolve();
  assert.deepEqual(await Promise.all([...shared, other]), [1, 1, 2]);
  assert.equal(await once.run("a", task), 3);
});

Deno.test("Once.run, a failure reaches everyone who shares it and is not remembered", async () => {
  const once = new Once<string>();
  const failing = () => Promise.reject(new Error("refused"));
  const shared = [once.run("a", failing), once.run("a", failing)];
  for (const { status } of await Promise.allSettled(shared)) assert.equal(status, "rejected");
  assert.equal(await once.run("a", () => Promise.resolve("granted")), "granted");
});
