import assert from "node:assert/strict";
import { pendingRestart } from "../../../proxy/config/changes.ts";
import { configSchema } from "../../../proxy/config/schema.ts";

const STORE = { url: "s3://bucket/a", endpoint: "http://s3.test" };

Deno.test("pendingRestart, names what the running process cannot change, and nothing else", () => {
  const table: [before: unknown, after: unknown, keys: string[]][] = [
    [{}, {}, []],
    [{}, { registries: { own: { url: "https://own.test" } }, log: { level: "debug" } }, []],
    [{}, { listen: ":80", cache: { dir: "/other" } }, ["listen", "cache.dir"]],
    [{ cache: { depot: STORE } }, { cache: { depot: { ...STORE, url: "s3://bucket/b" } } }, [
      "cache.depot.url",
    ]],
    [
      { cache: { depot: STORE } },
      { cache: { depot: { ...STORE, redirect: ["10.0.0.0/8"], max_size: "1GiB", max_age: "1d" } } },
      [],
    ],
    [{ tls: { cert_file: "a", key_file: "b" } }, { tls: { cert_file: "c", key_file: "d" } }, []],
    [{ admin: { tls: "registry" } }, {
      admin: { tls: "registry" },
      tls: { cert_file: "a", key_file: "b" },
    }, ["tls", "admin.tls"]],
  ];
  for (const [before, after, keys] of table) {
    assert.deepEqual(pendingRestart(configSchema.parse(before), configSchema.parse(after)), keys);
  }
});
