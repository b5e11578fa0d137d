import assert from "node:assert/strict";
import { serveBlob } from "../../../proxy/cached/by_digest.ts";
import { fakeCache, type FakeCacheOptions } from "../../fake/cache.ts";
import { exchangeOf, type ExchangeOptions, fakeUpstream } from "../../fake/exchange.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const PATH = `/v2/org/app/blobs/${DIGEST}`;
const HELD = { [DIGEST]: "content" };
/** Nothing is asked for by itself. */
const NO_DIRECT = {
  ranges: { direct: 0, wait: 0 },
  accel_redirect: "",
  redirects: () => false,
  warn: () => {},
};
const LINKED = [`hub/org/app ${DIGEST}`];

Deno.test("serveBlob, what is asked of the cache and of upstream in each case", async () => {
  const head = `HEAD ${PATH}`;
  const get = `GET ${PATH}`;
  const unchanged = { headers: { "if-none-match": `"${DIGEST}"` } };
  type Case = [
    cache: FakeCacheOptions,
    request: ExchangeOptions,
    answer: string,
    asked: string[],
    calls: string[],
  ];
  const table: Record<string, Case> = {
    "here": [{ held: HELD, links: LINKED }, {}, "200 hit content", [], ["open"]],
    "here, HEAD": [{ held: HELD, links: LINKED }, { method: "HEAD" }, "200 hit ", [], []],
    "here, and with the client": [{ held: HELD, links: LINKED }, unchanged, "304 hit ", [], []],
    "here, of another repository": [{ held: HELD }, {}, "200 hit content", [head], [
      "link hub/org/app",
      "open",
    ]],
    "here, credentials not proven": [
      { held: HELD, links: LINKED },
      { proof: { holds: () => false } },
      "200 hit content",
      [head],
      ["link hub/org/app", "open"],
    ],
    "not here": [{}, {}, "200 miss fetched", [get], ["fill"]],
    "not here, HEAD": [{}, { method: "HEAD" }, "200 miss ", [head], []],
    "not here, whatever the client has": [{}, unchanged, "200 miss fetched", [get], ["fill"]],
    "on its way": [{ filling: { [DIGEST]: ["hub/org/app"] } }, {}, "200 joined fetched", [get], [
      "fill",
    ]],
    "on its way to another repository": [
      { filling: { [DIGEST]: ["hub/other"] } },
      {},
      "200 joined fetched",
      [head, get],
      ["link hub/org/app", "fill"],
    ],
  };
  for (const [title, [holds, options, expected, asked, calls]] of Object.entries(table)) {
    const upstream = fakeUpstream(({ method }) =>
      method === "GET"
        ? new Response("fetched")
        : new Response(null, { headers: { "content-length": "7" } })
    );
    const cache = fakeCache(holds);
    const x = exchangeOf(PATH, { ...options, upstream });
    const answer = await serveBlob(x, cache, {
      digest: DIGEST,
      path: `blobs/${DIGEST}`,
      accept: "",
    }, NO_DIRECT);
    const { status } = answer.response;
    assert.equal(`${status} ${answer.cache} ${await answer.response.text()}`, expected, title);
    assert.deepEqual(upstream.asked, asked, title);
    assert.deepEqual(cache.calls, calls, title);
  }
});

Deno.test("serveBlob, what is refused upstream is not served from here", async () => {
  const cache = fakeCache({ held: HELD });
  const upstream = fakeUpstream(() => new Response(null, { status: 404 }));
  const x = exchangeOf(PATH, { upstream });
  const wanted = { digest: DIGEST, path: `blobs/${DIGEST}`, accept: "" };
  await assert.rejects(serveBlob(x, cache, wanted, NO_DIRECT), {
    code: "BLOB_UNKNOWN",
    status: 404,
  });
  assert.deepEqual(cache.calls, []);
  // What a HEAD says is no answer to a GET.
  assert.deepEqual(upstream.asked, [`HEAD ${PATH}`, `GET ${PATH}`]);
});

Deno.test("serveBlob, a hit in memory may be given again, nothing else", async () => {
  const wanted = { digest: DIGEST, path: `blobs/${DIGEST}`, accept: "" };
  const upstream = fakeUpstream(() => new Response("fetched"));
  const hit = await serveBlob(
    exchangeOf(PATH),
    fakeCache({ held: HELD, links: LINKED }),
    wanted,
    NO_DIRECT,
  );
  assert.equal(hit.again?.until, Infinity);
  const miss = await serveBlob(exchangeOf(PATH, { upstream }), fakeCache(), wanted, NO_DIRECT);
  assert.equal(miss.again, undefined);
});
