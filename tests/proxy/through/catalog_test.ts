import assert from "node:assert/strict";
import { catalog } from "../../../proxy/through/catalog.ts";
import { exchangeOf, fakeUpstream } from "../../fake/exchange.ts";

type Pages = Record<string, [names: unknown[], next?: string]>;

/** `path` answered from upstream's `pages`, by their query. */
async function list(path: string, pages: Pages, registry: Record<string, unknown> = {}) {
  const upstream = fakeUpstream(({ query = "" }) => {
    const [repositories, next] = pages[query] ?? assert.fail(`no page ${query}`);
    const link = next === undefined ? {} : { link: `</v2/_catalog?${next}>; rel="next"` };
    return Response.json({ repositories }, { headers: link as HeadersInit });
  });
  const { response, cache } = await catalog(exchangeOf(path, { upstream, registry }));
  assert.equal(cache, "none");
  const { repositories } = await response.json();
  return { names: repositories, link: response.headers.get("link"), asked: upstream.asked.length };
}

Deno.test("catalog, one page of what may be pulled, and a Link behind its last name", async () => {
  const next = '</v2/_catalog?n=2&last=b>; rel="next"';
  type Case = [string, Pages, Record<string, unknown>, names: string[], link: string | null];
  const table: Record<string, Case> = {
    "all": ["/v2/_catalog", { "": [["a", "b"]] }, {}, ["a", "b"], null],
    "none": ["/v2/_catalog", { "": [[]] }, {}, [], null],
    "a page": ["/v2/_catalog?n=2", { "n=2": [["a", "b"], "n=2&last=b"] }, {}, ["a", "b"], next],
    "more than was asked for": ["/v2/_catalog?n=2", { "n=2": [["a", "b", "c"]] }, {}, [
      "a",
      "b",
    ], next],
    "the last page": ["/v2/_catalog?n=2&last=b", { "n=2&last=b": [["c"]] }, {}, ["c"], null],
    "what is no name": ["/v2/_catalog", { "": [["a", 1, null, {}]] }, {}, ["a"], null],
    "denied": ["/v2/_catalog", { "": [["a", "secret"]] }, { deny: ["secret"] }, ["a"], null],
    "a prefix": [
      "/v2/_catalog?n=2",
      { "n=1000": [["acme/a", "acme/b", "acme/c", "other/d"]] },
      { repo_prefix: "acme" },
      ["a", "b"],
      next,
    ],
    "a prefix, from a name on": [
      "/v2/_catalog?n=2&last=b",
      { "n=1000&last=acme%2Fb": [["acme/c", "other/d"], "n=1000&last=other%2Fd"] },
      { repo_prefix: "acme" },
      ["c"],
      '</v2/_catalog?n=2&last=c>; rel="next"',
    ],
  };
  for (const [title, [path, pages, registry, names, link]] of Object.entries(table)) {
    const found = await list(path, pages, registry);
    assert.deepEqual(found.names, names, title);
    assert.equal(found.link, link, title);
    assert.equal(found.asked, 1, title);
  }
});

Deno.test("catalog, pages without a name for the client are passed over, fifty at most", async () => {
  const registry = { repo_prefix: "acme" };
  const hidden: [unknown[], string] = [["other/a"], "page=2"];
  const found = await list("/v2/_catalog", {
    "n=1000": hidden,
    "page=2": [["acme/app"]],
  }, registry);
  assert.deepEqual(found, { names: ["app"], link: null, asked: 2 });
  const many: Pages = { "n=1000": hidden };
  for (let page = 2; page < 99; page++) many[`page=${page}`] = [["other/a"], `page=${page + 1}`];
  const endless = await list("/v2/_catalog", many, registry);
  assert.deepEqual(endless, { names: [], link: null, asked: 51 });
  const itself = list("/v2/_catalog", { "n=1000": hidden, "page=2": hidden }, registry);
  await assert.rejects(itself, { status: 502, message: /leads to itself/ });
});

Deno.test("catalog, what upstream refuses is refused", async () => {
  const upstream = fakeUpstream(() => new Response(null, { status: 404 }));
  const asking = catalog(exchangeOf("/v2/_catalog", { upstream }));
  await assert.rejects(asking, { status: 404, code: "NAME_UNKNOWN" });
});
