import assert from "node:assert/strict";
import { describeHeaders, redactUrl } from "../../../proxy/observe/redact.ts";

Deno.test("describeHeaders, credentials are not shown", () => {
  const headers = new Headers({
    accept: "text/html",
    authorization: "Bearer abc",
    cookie: "id=abc",
    "proxy-authorization": "Basic abc",
    "www-authenticate": 'Bearer realm="https://auth.example/token"',
    "x-auth-token": "abc",
    "x-registry-auth": "abc",
    location: "https://s3.example/blob?X-Amz-Signature=abc&X-Amz-Date=1#abc=1",
  });
  const text = describeHeaders(headers);
  assert.doesNotMatch(text.replace("#abc=1", ""), /abc/);
  assert.match(text, /accept: text\/html/);
  assert.match(text, /authorization: Bearer …/);
  assert.match(text, /realm="https:\/\/auth\.example\/token"/);
  assert.match(text, /X-Amz-Date=1/);
});

Deno.test("redactUrl, secret parameters and passwords", () => {
  const table: [string, string][] = [
    ["https://a/b?scope=x&token=abc", "https://a/b?scope=x&token=…"],
    ["/b?sig=abc&se=1", "/b?sig=…&se=1"],
    ["https://ann:abc@a/b", "https://…@a/b"],
    ["https://a/b?_state=abc", "https://a/b?_state=…"],
    ["https://a/b@sha256:abc", "https://a/b@sha256:abc"],
    ["</v2/_catalog?last=x&n=1>; rel=next", "</v2/_catalog?last=x&n=1>; rel=next"],
  ];
  for (const [text, expected] of table) assert.equal(redactUrl(text), expected);
});
