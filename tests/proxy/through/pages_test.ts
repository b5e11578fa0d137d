/** Lists whose pages a registry tells apart in its own way. */
import assert from "node:assert/strict";
import { image } from "../../fake/content.ts";
import { pair } from "../../fake/pair.ts";

const app = image();
const DIGEST = app.root.digest;
const INDEX = '{"schemaVersion":2,"manifests":[]}';
const NEXT = '; rel="next"';

/** A list by its path at the client, and its body. */
const LISTS: [kind: string, path: string, body: string][] = [
  ["tags", "org/app/tags/list", '{"name":"org/app","tags":["1"]}'],
  ["referrers", `org/app/referrers/${DIGEST}`, INDEX],
  ["catalog", "_catalog", '{"repositories":["org/app"]}'],
];

const QUERIES = [
  "last=one&n=1",
  "n=1&last=a%2Fb%20c",
  "next_page=eyJhIjoxfQ%3D%3D",
  "artifactType=application%2Fvnd.x&next=2",
  "n=100&last=" + "x".repeat(3000),
  "token=a+b&Token=C&token=d",
];

Deno.test("lists, what a client sends back of a Link reaches the registry as it was", async () => {
  for (const [kind, path, body] of LISTS) {
    for (const query of QUERIES) {
      for (const form of ["absolute path", "absolute address", "query alone"]) {
        await using t = await pair({ registry: { images: { "org/app:1": app } } });
        const address = form === "query alone"
          ? `?${query}`
          : `${form === "absolute address" ? t.upstream.url : ""}/v2/${path}?${query}`;
        t.upstream.fault({
          path: /list|referrers|_catalog/,
          times: Infinity,
          action: { kind: "answer", status: 200, body, headers: { link: `<${address}>${NEXT}` } },
        });
        const first = await t.proxy.get(`/v2/${path}`);
        const title = `${kind} ${form} ${query.slice(0, 40)}`;
        assert.equal(first.status, 200, title);
        await first.bytes();
        const link = first.headers.get("link")!;
        assert.equal(link, `</v2/${path}?${query}>${NEXT}`, title);
        t.upstream.clearFaults();
        t.upstream.fault({
          path: /list|referrers|_catalog/,
          times: Infinity,
          action: { kind: "answer", status: 200, body },
        });
        const second = await t.proxy.get(/<(.*)>/.exec(link)![1]!);
        await second.bytes();
        const seen = t.upstream.seen("GET", /list|referrers|_catalog/).at(-1)!;
        assert.equal(seen.target, `/v2/${path}?${query}`, title);
      }
    }
  }
});

Deno.test("lists, a page that leads to itself is an error and not a loop", async () => {
  for (const [kind, path, body] of LISTS) {
    await using t = await pair({ registry: { images: { "org/app:1": app } } });
    const query = kind === "catalog" ? "n=1&x=org%2Fapp" : "x=org%2Fapp&n=1";
    t.upstream.fault({
      path: /list|referrers|_catalog/,
      times: Infinity,
      action: {
        kind: "answer",
        status: 200,
        body,
        headers: { link: `</v2/${path}?${query}>${NEXT}` },
      },
    });
    const response = await t.proxy.get(`/v2/${path}?n=1&x=org/app`);
    assert.equal(response.status, 502, kind);
    assert.match((await response.json()).errors[0].message, /hub .*leads to itself/, kind);
  }
});

Deno.test("lists, ns is ours: it does not reach the registry and comes back in the Link", async () => {
  await using t = await pair({
    registry: { images: { "org/app:1": app } },
    hub: { aliases: ["hub.test"] },
  });
  t.upstream.fault({
    path: /list/,
    times: Infinity,
    action: {
      kind: "answer",
      status: 200,
      body: '{"tags":[]}',
      headers: { link: `</v2/org/app/tags/list?page=2>${NEXT}, </v2/x/y/tags/list>; rel="prev"` },
    },
  });
  const response = await t.proxy.get("/v2/org/app/tags/list?ns=hub.test&page=1");
  await response.bytes();
  assert.equal(response.headers.get("link"), `</v2/org/app/tags/list?page=2&ns=hub.test>${NEXT}`);
  assert.equal(t.upstream.seen("GET", /list/).at(-1)!.target, "/v2/org/app/tags/list?page=1");
});
