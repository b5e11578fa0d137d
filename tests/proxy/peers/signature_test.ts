import assert from "node:assert/strict";
import { clusterKeys, markOf, sign, TOLERANCE, verify } from "../../../proxy/peers/signature.ts";

const PATH = "/peer/v1/blobs/sha256:aa";
const NOW = 1_700_000_000_000;
const keys = clusterKeys("first secret here\nsecond secret here\n", "peers");

Deno.test("clusterKeys, one for each line and purpose", () => {
  assert.equal(keys.length, 2);
  const [seal] = clusterKeys("first secret here", "upload-seal");
  assert.notDeepEqual(seal, keys[0]);
  assert.deepEqual(clusterKeys("first secret here", "peers"), [keys[0]]);
  assert.deepEqual(clusterKeys("", "peers"), []);
});

Deno.test("verify, a signature by any of the keys, for its path, within a minute", () => {
  const right = sign(PATH, NOW, keys[0]!);
  const [other] = clusterKeys("another secret", "peers");
  const table: [string, string | null, string, number, string][] = [
    ["as signed", right, PATH, NOW, "right"],
    ["by the former key", sign(PATH, NOW, keys[1]!), PATH, NOW, "right"],
    ["by another key", sign(PATH, NOW, other!), PATH, NOW, "wrong"],
    ["for another path", right, `${PATH}b`, NOW, "wrong"],
    ["a minute later", right, PATH, NOW + TOLERANCE, "right"],
    ["a moment after that", right, PATH, NOW + TOLERANCE + 1, "late"],
    ["from the future", right, PATH, NOW - TOLERANCE - 1, "late"],
    ["another time", right.replace(String(NOW), String(NOW + 1)), PATH, NOW, "wrong"],
    ["no header", null, PATH, NOW, "wrong"],
    ["an empty one", "", PATH, NOW, "wrong"],
    ["too short", right.slice(0, -1), PATH, NOW, "wrong"],
  ];
  for (const [what, header, path, now, expected] of table) {
    assert.equal(verify(header, path, now, keys), expected, what);
  }
});

Deno.test("markOf, tells secrets apart and gives nothing of them away", () => {
  assert.notEqual(markOf(keys), markOf(clusterKeys("another secret", "peers")));
  assert.match(markOf(keys), /^[0-9a-f]{16}$/);
});
