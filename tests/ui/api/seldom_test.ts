import assert from "node:assert/strict";
import { Seldom } from "../../../ui/api/seldom.ts";

Deno.test("Seldom, what took long is kept for twenty times as long, and no longer", () => {
  let now = 0;
  let asked = 0;
  const seldom = new Seldom(() => now);
  const get = (question: object, took: number) =>
    seldom.get(question, () => {
      now += took;
      return ++asked;
    });
  assert.deepEqual([get({ a: 1 }, 100), get({ a: 1 }, 100), get({ a: 2 }, 100)], [1, 1, 2]);
  now = 2099;
  assert.equal(get({ a: 1 }, 100), 1);
  now = 2100;
  assert.equal(get({ a: 1 }, 0), 3);
  assert.equal(get({ a: 1 }, 0), 4, "what took no time is not kept");
  get({ a: 3 }, 100e3);
  now += 60_001;
  assert.equal(get({ a: 3 }, 0), 6);
});
