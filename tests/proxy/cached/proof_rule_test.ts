import assert from "node:assert/strict";
import { isProven, prove } from "../../../proxy/cached/proof_rule.ts";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { fakeCache, type FakeCacheOptions } from "../../fake/cache.ts";
import { exchangeOf, fakeUpstream } from "../../fake/exchange.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const PATH = `/v2/org/app/blobs/${DIGEST}`;
const OWN = "hub/org/app";
const held = { [DIGEST]: "content" };
const links = [`${OWN} ${DIGEST}`];

Deno.test("isProven, what is here or on its way needs its repository and the client's proof", () => {
  const way = (...repositories: string[]) => ({ filling: { [DIGEST]: repositories } });
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
  const table: [
    () => Response | Promise<Response>,
    FakeCacheOptions,
    boolean,
    number | undefined,
    ("HEAD" | "GET")[]?,
  ][] = [
    [status(200), { held }, false, undefined],
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
    const proving = prove(x, fakeCache(holding), {
      digest: DIGEST,
      path: `blobs/${DIGEST}`,
      accept: "",
    });
    if (error === undefined) await proving;
    else await assert.rejects(proving, { status: error });
    assert.deepEqual(upstream.asked, asked.map((method) => `${method} ${PATH}`));
  }
});
