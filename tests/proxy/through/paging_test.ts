import assert from "node:assert/strict";
import { type Page, pageOf, pageQuery, readList } from "../../../proxy/through/paging.ts";
import { exchangeOf } from "../../fake/exchange.ts";

Deno.test("pageOf, pageQuery, what is asked for and what is asked of upstream", () => {
  const table: Record<string, [page: Page, query: string]> = {
    "": [{ n: undefined, last: undefined }, ""],
    "n=0": [{ n: 0, last: undefined }, "n=0"],
    "n=010&last=a%2Fb": [{ n: 10, last: "a/b" }, "n=10&last=a%2Fb"],
    "n=999999": [{ n: 999999, last: undefined }, "n=999999"],
    "last=": [{ n: undefined, last: "" }, "last="],
    "other=1": [{ n: undefined, last: undefined }, ""],
    [`last=${"a".repeat(600)}`]: [
      { n: undefined, last: "a".repeat(600) },
      `last=${"a".repeat(600)}`,
    ],
  };
  for (const [asked, [page, query]] of Object.entries(table)) {
    assert.deepEqual(pageOf(new URLSearchParams(asked)), page, asked);
    assert.equal(pageQuery(page), query, asked);
  }
});

Deno.test("pageOf, what is no number of results is a 400", () => {
  for (const n of ["", "-1", "1.5", "ten", "1e3", "1000000", " 1"]) {
    const query = new URLSearchParams({ n });
    assert.throws(() => pageOf(query), { code: "PAGINATION_NUMBER_INVALID", status: 400 }, n);
  }
});

const x = exchangeOf("/v2/_catalog");

Deno.test("readList, what stands under the key; what is no list is upstream's mistake", async () => {
  const lists: Record<string, string[]> = {
    '{"tags":["1"]}': ["1"],
    '{"tags":[]}': [],
    '{"tags":null}': [],
    '{"tags":["1",2,null,{}]}': ["1"],
  };
  for (const [body, names] of Object.entries(lists)) {
    const found = await readList(x, new Response(body), "tags");
    assert.deepEqual(found, { body: JSON.parse(body), names }, body);
  }
  const others = [
    ...["", "[]", "null", "1", '"{}"', "<html>", '{"tags":', " ".repeat(2 ** 24) + '{"tags":[]}'],
    ...["{}", '{"tags":"1"}', '{"tags":{}}', '{"tags":0}', '{"repositories":[]}'],
    '{"errors":[{"code":"NAME_UNKNOWN"}]}',
  ];
  for (const body of others) {
    const reading = readList(x, new Response(body), "tags");
    const error = { code: "UNAVAILABLE", status: 502, message: /^hub .*list of tags/ };
    await assert.rejects(reading, error, body.slice(0, 20));
  }
});
