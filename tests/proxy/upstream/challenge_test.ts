import assert from "node:assert/strict";
import { bestChallenge, parseChallenges } from "../../../proxy/upstream/challenge.ts";

Deno.test("parseChallenges, what registries send", () => {
  const table: [string | null, unknown][] = [
    [null, []],
    ["", []],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull"',
      [["bearer", {
        realm: "https://auth.docker.io/token",
        service: "registry.docker.io",
        scope: "repository:library/alpine:pull",
      }]],
    ],
    [
      'Bearer realm="https://a.test/t?x=1,2",scope="repository:a:pull,push repository:b:pull"',
      [["bearer", {
        realm: "https://a.test/t?x=1,2",
        scope: "repository:a:pull,push repository:b:pull",
      }]],
    ],
    ['Basic realm="x", Bearer realm="y",service=z', [["basic", { realm: "x" }], ["bearer", {
      realm: "y",
      service: "z",
    }]]],
    ['BEARER Realm = "y" , Service="q\\"uoted"', [["bearer", {
      realm: "y",
      service: 'q"uoted',
    }]]],
    ["Negotiate, Basic", [["negotiate", {}], ["basic", {}]]],
    ["Negotiate YII=, Basic realm=r", [["negotiate", {}], ["basic", { realm: "r" }]]],
    ["Bearer realm=https://a.test/token,service=s", [
      ["bearer", { realm: "https://a.test/token", service: "s" }],
    ]],
    ['Bearer realm="a",realm="b"', [["bearer", { realm: "a" }]]],
    ["=,;\u00e9", []],
  ];
  for (const [header, expected] of table) {
    const found = parseChallenges(header).map(({ scheme, params }) => [scheme, params]);
    assert.deepEqual(found, expected, `${header}`);
  }
});

Deno.test("parseChallenges, is not slow on a hostile header", () => {
  const started = performance.now();
  parseChallenges('Bearer realm="' + '\\"'.repeat(50_000));
  parseChallenges("a".repeat(50_000) + " ,".repeat(20_000));
  parseChallenges("a=".repeat(50_000));
  assert.ok(performance.now() - started < 2_000);
});

Deno.test("bestChallenge, a bearer one with a realm before a basic one", () => {
  const schemes = (header: string) => bestChallenge(parseChallenges(header))?.scheme;
  assert.equal(schemes('Basic realm="x", Bearer realm="y"'), "bearer");
  assert.equal(schemes('Bearer service="y", Basic realm="x"'), "basic");
  assert.equal(schemes("Negotiate"), undefined);
});
