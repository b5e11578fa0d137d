import assert from "node:assert/strict";
import { parseHostsUrl } from "../../base/hosts_url.ts";

Deno.test("parseHostsUrl, one host or several, with and without the rest", () => {
  const at = (host: string, port?: number) => ({ host, port });
  const none = { username: "", password: "", path: "" };
  const table: [string, ReturnType<typeof parseHostsUrl>][] = [
    ["redis://valkey", { ...none, scheme: "redis", hosts: [at("valkey")] }],
    ["redis://:p%40ss@h:1/2", {
      scheme: "redis",
      username: "",
      password: "p@ss",
      hosts: [at("h", 1)],
      path: "2",
    }],
    ["rediss://me:a:b@[::1]:6380", {
      scheme: "rediss",
      username: "me",
      password: "a:b",
      hosts: [at("::1", 6380)],
      path: "",
    }],
    ["REDIS-SENTINEL://a:26379,b/main", {
      ...none,
      scheme: "redis-sentinel",
      hosts: [at("a", 26379), at("b")],
      path: "main",
    }],
    ["redis://", undefined],
    ["redis://a,,b", undefined],
    ["redis://a:70000", undefined],
    ["redis://a b", undefined],
    ["redis://%zz@a", undefined],
    ["redis://a/1?tls=true", undefined],
    ["valkey", undefined],
  ];
  for (const [text, expected] of table) assert.deepEqual(parseHostsUrl(text), expected, text);
});
