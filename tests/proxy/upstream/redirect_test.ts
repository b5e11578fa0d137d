import assert from "node:assert/strict";
import { publicHeaders, redirectTarget } from "../../../proxy/upstream/redirect.ts";

Deno.test("redirectTarget, where a Location leads", () => {
  const https = "https://r.test/v2/a/blobs/x?y=1";
  const table: [location: string, from: string, target: string | undefined][] = [
    ["https://cdn.test/b?sig=1", https, "https://cdn.test/b?sig=1"],
    ["/data/b?sig=1#part", https, "https://r.test/data/b?sig=1"],
    ["b", https, "https://r.test/v2/a/blobs/b"],
    ["//cdn.test/b", https, "https://cdn.test/b"],
    ["http://cdn.test/b", https, undefined],
    ["http://cdn.test/b", "http://r.test/", "http://cdn.test/b"],
    ["https://cdn.test/b", "http://r.test/", "https://cdn.test/b"],
    ["https://user:pass@cdn.test/b", https, undefined],
    ["file:///etc/passwd", https, undefined],
    ["data:text/plain,x", "http://r.test/", undefined],
    ["http://", "http://r.test/", undefined],
  ];
  for (const [location, from, target] of table) {
    assert.equal(redirectTarget(location, new URL(from))?.href, target, location);
  }
});

Deno.test("publicHeaders, nothing of ours goes to another origin", () => {
  const headers = new Headers({
    authorization: "Bearer secret",
    cookie: "a=b",
    "x-api-key": "secret",
    range: "bytes=1-",
    accept: "*/*",
  });
  assert.deepEqual([...publicHeaders(headers).keys()], ["accept", "range"]);
});
