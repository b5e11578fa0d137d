import assert from "node:assert/strict";
import { isOneEdit, meant } from "../../../proxy/trust/similar.ts";

Deno.test("similar, one letter more, less, other or swapped is one edit", () => {
  const rows: [string, string, boolean][] = [
    ["nginx", "nginx", false],
    ["nginx", "ngimx", true],
    ["nginx", "nginxx", true],
    ["nginx", "ngnx", true],
    ["nginx", "nignx", true],
    ["nginx", "gninx", true],
    ["nginx", "ngixn", true],
    ["nginx", "gnixn", false],
    ["nginx", "nngninx", false],
    ["", "a", true],
    ["aa", "aaa", true],
    ["ab", "cd", false],
  ];
  for (const [a, b, expected] of rows) {
    assert.equal(isOneEdit(a, b), expected, `${a} ${b}`);
    assert.equal(isOneEdit(b, a), expected, `${b} ${a}`);
  }
});

Deno.test("similar, what is pulled most is meant, and what is pulled seldom is not", () => {
  const popular = [
    { repository: "hub/app", hits: 9 },
    { repository: "hub/apps", hits: 10 },
    { repository: "hub/apt", hits: 50 },
  ];
  assert.equal(meant("hub/apq", popular), "hub/apt");
  assert.equal(meant("hub/appss", popular), "hub/apps");
  assert.equal(meant("hub/other", popular), undefined);
});
