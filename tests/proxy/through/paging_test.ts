import assert from "node:assert/strict";
import { type Page, pageOf, pageQuery, readJsonObject } from "../../../proxy/through/paging.ts";

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

Deno.test("readJsonObject, an object; anything else is upstream's mistake", async () => {
  assert.deepEqual(await readJsonObject(new Response('{"tags":["1"]}')), { tags: ["1"] });
  for (
    const body of ["", "[]", "null", "1", '"{}"', "<html>", '{"tags":', " ".repeat(2 ** 24) + "{}"]
  ) {
    const reading = readJsonObject(new Response(body));
    await assert.rejects(reading, { code: "UNAVAILABLE", status: 502 }, body.slice(0, 10));
  }
});
