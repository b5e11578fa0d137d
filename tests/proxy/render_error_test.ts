import assert from "node:assert/strict";
import {
  ContentDamaged,
  DigestMismatch,
  RangeNotSatisfiable,
  SourceBroken,
} from "../../cache/errors.ts";
import { OciError } from "../../proxy/oci/errors.ts";
import { renderError } from "../../proxy/render_error.ts";
import { UpstreamError } from "../../proxy/upstream/errors.ts";
import { exchangeOf } from "../fake/exchange.ts";

Deno.test("renderError, status, code and headers of each kind of error", async () => {
  const wrong = "upstream did not send the content that the digest promises";
  const unknown = "internal error; see the log";
  type Case = [
    error: unknown,
    status: number,
    code: string,
    message: string,
    headers?: HeadersInit,
  ];
  const limit = { retryAfter: 1.2, reason: "slow down" };
  const table: Case[] = [
    [new OciError("TAG_INVALID"), 400, "TAG_INVALID", "invalid tag"],
    [new OciError("DENIED", { headers: { "x-a": "1" }, message: "no" }), 403, "DENIED", "no", {
      "x-a": "1",
    }],
    [
      new RangeNotSatisfiable(7),
      416,
      "RANGE_INVALID",
      "requested range cannot be satisfied",
      { "content-range": "bytes */7" },
    ],
    [new UpstreamError("rate-limited", "hub", limit), 429, "TOOMANYREQUESTS", "hub: slow down", {
      "retry-after": "2",
    }],
    [new UpstreamError("unavailable", "hub", { reason: "busy" }), 503, "UNAVAILABLE", "hub: busy", {
      "retry-after": "10",
    }],
    [new UpstreamError("refused", "hub", { reason: "away" }), 502, "UNAVAILABLE", "hub: away"],
    [new UpstreamError("timeout", "hub", { reason: "slow" }), 504, "UNAVAILABLE", "hub: slow"],
    [new DigestMismatch("sha256:a", "sha256:b"), 502, "UNAVAILABLE", wrong],
    [new SourceBroken("broke off", 3), 502, "UNAVAILABLE", wrong],
    [new ContentDamaged("sha256:a", "wrong bytes"), 500, "UNKNOWN", unknown],
    [new TypeError("secret: hunter2"), 500, "UNKNOWN", unknown],
    ["thrown text", 500, "UNKNOWN", unknown],
  ];
  for (const [error, status, code, message, headers = {}] of table) {
    const response = renderError(error, "GET");
    const text = await response.text();
    assert.equal(response.status, status, String(error));
    assert.deepEqual(JSON.parse(text), { errors: [{ code, message, detail: null }] });
    assert.equal(response.headers.get("content-length"), String(text.length));
    const extra = [...response.headers].filter(([name]) => !/^content-(type|length)$/.test(name));
    assert.deepEqual(Object.fromEntries(extra), headers, String(error));
  }
});

Deno.test("renderError, a HEAD gets the headers alone", async () => {
  const response = renderError(new OciError("TAG_INVALID"), "HEAD");
  assert.equal(response.status, 400);
  assert.match(response.headers.get("content-length") ?? "", /^[1-9]\d*$/);
  assert.equal(await response.text(), "");
});

Deno.test("renderError, a client behind a prefix is told in its own names", async () => {
  const registry = { repo_prefix: "acme/prod", hosts: ["r.example.com"] };
  const { target } = exchangeOf("/v2/app/manifests/1", { host: "r.example.com", registry });
  const table: [Error, string][] = [
    [new UpstreamError("refused", "hub", { reason: "away" }), "r.example.com: away"],
    [
      new OciError("MANIFEST_UNKNOWN", { message: "no acme/prod/app here" }),
      "no app here",
    ],
    [
      new OciError("MANIFEST_UNKNOWN", { message: "ask the owner of acme" }),
      "manifest unknown to registry",
    ],
  ];
  for (const [error, message] of table) {
    const { errors } = await renderError(error, "GET", { target }).json();
    assert.equal(errors[0].message, message);
  }
});
