import assert from "node:assert/strict";
import { requestHeaders, responseHeaders } from "../../../proxy/http/headers.ts";

Deno.test("requestHeaders and responseHeaders, cookies, hop-by-hop and private ones stay behind", () => {
  const headers = new Headers({
    accept: "a/b",
    range: "bytes=0-1",
    authorization: "Bearer secret",
    cookie: "session=1",
    connection: "x-private",
    "x-private": "1",
    "transfer-encoding": "chunked",
  });
  assert.deepEqual([...requestHeaders(headers)], [["accept", "a/b"], ["range", "bytes=0-1"]]);
  const answer = new Headers({
    "content-type": "x/y",
    "set-cookie": "a=b",
    "www-authenticate": "Bearer realm=x",
    server: "nginx",
    "docker-content-digest": "sha256:x",
    location: "https://elsewhere",
  });
  assert.deepEqual([...responseHeaders(answer)], [
    ["content-type", "x/y"],
    ["docker-content-digest", "sha256:x"],
  ]);
});
