import assert from "node:assert/strict";
import { listIn, objectIn, parseObject } from "../../base/json.ts";

Deno.test("parseObject, an object and nothing else", () => {
  const parse = (text: string) => parseObject(new TextEncoder().encode(text));
  assert.deepEqual(parse('{"a":[1]}'), { a: [1] });
  for (const text of ["", "{", "null", "1", "[]", '"a"']) {
    assert.equal(parse(text), undefined, text);
  }
  assert.equal(parseObject(undefined), undefined);
});

Deno.test("objectIn and listIn, what has another type is empty", () => {
  for (const value of [undefined, null, 1, "a", true]) {
    assert.deepEqual([objectIn(value), listIn(value)], [{}, []]);
  }
  assert.deepEqual([objectIn([1]), listIn({ a: 1 })], [{}, []]);
});
