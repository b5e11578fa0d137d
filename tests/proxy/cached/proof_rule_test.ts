import assert from "node:assert/strict";
import { computeDigest } from "../../../cache/digest.ts";
import { isProven, prove, provenLook, proveOnce } from "../../../proxy/cached/proof_rule.ts";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { fakeCache, type FakeCacheOptions } from "../../fake/cache.ts";
import { exchangeOf, fakeUpstream } from "../../fake/exchange.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const PATH = `/v2/org/app/blobs/${DIGEST}`;
const OWN = "hub/org/app";
const held = { [DIGEST]: "content" };
const links = [`${OWN} ${DIGEST}`];
const depot = { [DIGEST]: { size: 7, mediaType: "" } };
const way = (...repositories: string[]) => ({ filling: { [DIGEST]: repositories } });

Deno.test("isProven, what is here or on its way needs its repository and the client's proof", () => {
  const table: [FakeCacheOptions, holds: boolean, proven: boolean][] = [
    [{}, true, true],
    [{}, false, true],
    [{ links }, false, true],
    [{ held, links }, true, true],
    [{ held, links }, false, false],
    [{ held }, true, false],
    [way(OWN), true, true],
    [way("hub/other", OWN), true, true],
    [way("hub/other"), true, false],
    [way(OWN), false, false],
    [{ held, ...way(OWN) }, true, false],
    [{ depot }, true, false],
    [{ depot, links }, true, true],
    [{ depot, links }, false, false],
    [{ depot, ...way(OWN) }, true, true],
    [{ depot, ...way("hub/other") }, true, false],
  ];
  for (const [holding, holds, proven] of table) {
    const x = exchangeOf(PATH, { proof: { holds: () => holds } });
    const look = fakeCache(holding).look(DIGEST, OWN);
    assert.equal(isProven(x, look, OWN), proven, JSON.stringify([holding, holds]));
  }
});

Deno.test("prove, what upstream refuses, and what is enough while it is away", async () => {
  // A HEAD that is refused says nothing about a GET; a limit does.
  const both: ("HEAD" | "GET")[] = ["HEAD", "GET"];
  const away = () => Promise.reject(new UpstreamError("refused", "hub"));
  const status = (status: number) => () => new Response(null, { status });
  const has = () => new Response(null, { headers: { "docker-content-digest": DIGEST } });
  const table: [
    () => Response | Promise<Response>,
    FakeCacheOptions,
    boolean,
    number | undefined,
    ("HEAD" | "GET")[]?,
  ][] = [
    [has, { held }, false, undefined],
    [status(404), { held, links }, true, 404, both],
    [status(403), { held, links }, true, 403, both],
    [away, { held, links }, true, undefined],
    [away, { held, links }, false, 502],
    [away, { held }, true, 502],
    [status(503), { held, links }, true, undefined, both],
    [status(429), { held, links }, true, undefined],
    [status(503), { held, links }, false, 503, both],
  ];
  for (const [answer, holding, holdsOffline, error, asked = ["HEAD"]] of table) {
    const upstream = fakeUpstream(answer);
    const x = exchangeOf(PATH, { upstream, proof: { holdsOffline: () => holdsOffline } });
    const wanted = { digest: DIGEST, path: `blobs/${DIGEST}`, accept: "" };
    const proving = prove(x, fakeCache(holding), wanted);
    if (error === undefined) await proving;
    else await assert.rejects(proving, { status: error });
    assert.deepEqual(upstream.asked, asked.map((method) => `${method} ${PATH}`));
  }
});

Deno.test("prove, a 200 that is not about the content proves nothing", async () => {
  const size = "content".length;
  const answer = (headers: Record<string, string>, status = 200, body = "") => () =>
    new Response(status === 204 || !body ? null : body, { status, headers });
  const page = answer({ "content-type": "text/html", "content-length": "90" }, 200, "<html>");
  const none = () => new Response(null, { status: 403 });
  const digest = await computeDigest(new TextEncoder().encode("content"));
  const part = (range: string) => answer({ "content-range": range }, 206, "c");
  const table: [head: () => Response, get: () => Response, proven: boolean][] = [
    [answer({ "content-length": `${size}` }), none, true],
    [answer({ "docker-content-digest": digest }), none, true],
    [answer({ "docker-content-digest": `sha512:${"a".repeat(128)}` }), none, false],
    [answer({ "docker-content-digest": DIGEST, "content-length": `${size}` }), none, false],
    [answer({ "docker-content-digest": digest, "content-length": "9" }), none, true],
    [answer({ "docker-content-digest": digest }, 204), none, false],
    [page, page, false],
    [page, part(`bytes 0-0/${size}`), true],
    [page, part("bytes 0-0/90"), false],
    [page, part("bytes 0-0/*"), false],
    [page, answer({ "content-range": `bytes */${size}` }, 416), true],
    [page, answer({ "content-range": "bytes */90" }, 416), false],
    [page, answer({}, 416), false],
    [answer({}), answer({}, 200, "content"), true],
    [answer({}), answer({}, 200, "another"), false],
    [answer({}), answer({}, 200, "content and more"), false],
    [none, answer({}, 200, "content"), true],
    [none, page, false],
    [answer({ "content-type": "application/json", "content-length": "2" }), page, false],
  ];
  for (const [row, [head, get, proven]] of table.entries()) {
    const upstream = fakeUpstream(({ method }) => method === "HEAD" ? head() : get());
    const x = exchangeOf(`/v2/org/app/blobs/${digest}`, { upstream });
    const cache = fakeCache({ held: { [digest]: "content" } });
    const wanted = { digest, path: `blobs/${digest}`, accept: "" };
    const proving = provenLook(x, cache, wanted).then(
      () => true,
      ({ status }) => status >= 500 || status === 403 ? false : status,
    );
    assert.equal(await proving, proven, `row ${row}`);
    assert.deepEqual(cache.calls, proven ? [`link ${OWN}`] : [], `row ${row}`);
  }
});

Deno.test("prove, while content is on its way nobody knows its size, and a page is still none", async () => {
  const table: [type: string, proven: boolean][] = [
    ["application/octet-stream", true],
    ["", true],
    ["application/vnd.oci.image.layer.v1.tar+gzip", true],
    ["text/html; charset=utf-8", false],
    ["text/plain", false],
    ["application/json", false],
    ["application/problem+json", false],
  ];
  for (const [type, proven] of table) {
    const headers: Record<string, string> = type ? { "content-type": type } : {};
    const body = new TextEncoder().encode("else");
    const upstream = fakeUpstream(() => new Response(body, { headers }));
    const x = exchangeOf(PATH, { upstream });
    const cache = fakeCache({ filling: { [DIGEST]: ["hub/other"] } });
    const wanted = { digest: DIGEST, path: `blobs/${DIGEST}`, accept: "" };
    const proving = provenLook(x, cache, wanted).then(() => true, () => false);
    assert.equal(await proving, proven, type);
    assert.deepEqual(cache.calls, proven ? [`link ${OWN}`] : [], type);
  }
});

Deno.test("proveOnce, that it is on its way for the repository is no proof while upstream is away", async () => {
  const table: [FakeCacheOptions, holds: boolean, asked: number, right: boolean][] = [
    [{ depot, links, ...way(OWN) }, true, 0, true],
    [{ depot, links, ...way(OWN) }, false, 1, true],
    [{ depot, ...way(OWN) }, true, 1, false],
    [way(OWN), true, 1, false],
  ];
  for (const [holding, holds, asked, right] of table) {
    const upstream = fakeUpstream(() => Promise.reject(new UpstreamError("refused", "hub")));
    const proof = { holds: () => holds, holdsOffline: () => true };
    const x = exchangeOf(PATH, { upstream, proof });
    const wanted = { digest: DIGEST, path: `blobs/${DIGEST}`, accept: "" };
    const proving = proveOnce(x, fakeCache(holding), wanted);
    if (right) await proving;
    else await assert.rejects(proving, { status: 502 });
    assert.equal(upstream.asked.length, asked);
  }
});

Deno.test("prove, of what the depot has the size is known: another one proves nothing", async () => {
  const lengths: [length: string, proven: boolean][] = [["7", true], ["90", false]];
  for (const [length, proven] of lengths) {
    const headers = { "content-length": length, "content-type": "application/octet-stream" };
    const answer = { HEAD: () => new Response(null, { headers }), GET: () => new Response("else") };
    const upstream = fakeUpstream(({ method }) => answer[method === "HEAD" ? "HEAD" : "GET"]());
    const x = exchangeOf(PATH, { upstream });
    const wanted = { digest: DIGEST, path: `blobs/${DIGEST}`, accept: "" };
    const proving = proveOnce(x, fakeCache({ depot }), wanted).then(() => true, () => false);
    assert.equal(await proving, proven, length);
  }
});
