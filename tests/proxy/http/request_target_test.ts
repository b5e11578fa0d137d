import assert from "node:assert/strict";
import { raw } from "../../fake/raw.ts";
import { startProxy } from "../../fake/proxy.ts";

const HOSTS = [
  "a b",
  "h:80:80",
  "[",
  "]",
  ":",
  "%",
  "<script>",
  "h:99999",
  "h:-1",
  "[::1",
  "a/b",
  "é",
];
const LINES = [
  "GET w://: HTTP/1.1",
  "GET w://x/v2/ HTTP/1.1",
  "GET http://x:99999/v2/ HTTP/1.1",
  "GET http://[/v2/ HTTP/1.1",
  "HEAD http://%/v2/ HTTP/1.1",
  "CONNECT # HTTP/1.1",
  "CONNECT [ HTTP/1.1",
  "CONNECT h:t HTTP/1.1",
  "CONNECT :443 HTTP/1.1",
];

Deno.test("listen, whatever stands in Host or the request line is a 4xx and no 500", async () => {
  await using proxy = await startProxy({ registries: { hub: { url: "http://127.0.0.1:1" } } });
  const requests = [
    ...HOSTS.map((host) => `GET /v2/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    ...LINES.map((line) => `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`),
  ];
  for (const request of requests) {
    const answer = await raw(proxy.host, request);
    // What is no HTTP at all ends the connection without a word.
    if (answer !== "") assert.match(answer, /^HTTP\/1\.1 4\d\d /, request);
    if (answer.includes("NAME_INVALID")) assert.match(answer, /expected host or host:port/);
  }
  assert.deepEqual(proxy.records.filter(({ status }) => status >= 500), []);
  const spec = await raw(proxy.host, "GET /v2/ HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
  assert.match(spec, /^HTTP\/1\.1 400 /);
  assert.match(spec, /\{"errors":\[\{"code":"NAME_INVALID"/);
});
