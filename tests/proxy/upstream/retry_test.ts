import assert from "node:assert/strict";
import { type Attempt, parseRetryAfter, retryDelay } from "../../../proxy/upstream/retry.ts";

const first: Attempt = { made: 1, retries: 3, method: "GET", elapsed: 0, budget: 15_000 };

Deno.test("retryDelay, which attempts are worth another", () => {
  const table: [Partial<Attempt>, number | undefined][] = [
    [{ status: 503 }, 250],
    [{ status: 502 }, 250],
    [{ status: 504, method: "HEAD" }, 250],
    [{ status: 429 }, 2000],
    [{ status: 429, elapsed: 13_500 }, undefined],
    [{ status: 429, made: 2 }, undefined],
    [{ status: 429, made: 2, retryAfter: 1000 }, undefined],
    [{ status: 500 }, undefined],
    [{ status: 200 }, undefined],
    [{ status: 404 }, undefined],
    [{ status: 503, method: "POST" }, undefined],
    [{ status: 503, method: "PATCH" }, undefined],
    [{ transient: true }, 250],
    [{ transient: false }, undefined],
    [{ transient: true, method: "PUT" }, undefined],
    [{ status: 200, transient: true }, undefined],
    [{ status: 503, made: 3 }, 1000],
    [{ status: 503, made: 4 }, undefined],
    [{ status: 503, retries: 0 }, undefined],
    [{ status: 503, made: 10, retries: 20 }, 8000],
    [{ status: 429, retryAfter: 3000 }, 3000],
    [{ status: 429, retryAfter: 100 }, 250],
    [{ status: 429, retryAfter: 16_000 }, undefined],
    [{ status: 503, elapsed: 14_900 }, undefined],
  ];
  for (const [attempt, expected] of table) {
    assert.equal(retryDelay({ ...first, ...attempt }, 1), expected, JSON.stringify(attempt));
  }
});

Deno.test("retryDelay, jitter takes away up to half", () => {
  assert.equal(retryDelay({ ...first, status: 503 }, 0), 125);
  assert.equal(retryDelay({ ...first, status: 503 }, 0.5), 188);
});

Deno.test("parseRetryAfter, seconds and dates", () => {
  const now = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");
  const table: [string | null, number | undefined][] = [
    ["120", 120_000],
    [" 0 ", 0],
    ["Wed, 21 Oct 2026 07:28:30 GMT", 30_000],
    ["Wed, 21 Oct 2026 07:27:00 GMT", 0],
    ["soon", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["", undefined],
    [null, undefined],
  ];
  for (const [value, expected] of table) {
    assert.equal(parseRetryAfter(value, now), expected, `${value}`);
  }
});
