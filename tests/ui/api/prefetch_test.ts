import assert from "node:assert/strict";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { adminFixture } from "../../fake/admin.ts";

const RULE = '{ images: ["docker/library/nginx:^1.27"], every: 1h }';

Deno.test("PUT prefetch/learn, writes what is said and leaves the rest as it is", async () => {
  const cases: [yaml: string, body: Record<string, unknown>, prefetch: unknown][] = [
    ["", { tags: 50 }, { learn: { tags: 50 } }],
    [
      "prefetch:\n  learn: { every: 30m } # now and then\n",
      { tags: 9 },
      { learn: { every: "30m", tags: 9 } },
    ],
    [
      `prefetch:\n  - ${RULE}\n`,
      { tags: 5, every: "1h" },
      {
        rules: [{ images: ["docker/library/nginx:^1.27"], every: "1h" }],
        learn: { tags: 5, every: "1h" },
      },
    ],
  ];
  for (const [yaml, body, expected] of cases) {
    await using it = await adminFixture(yaml);
    const response = await it.call("/prefetch/learn", { method: "PUT", body });
    assert.equal(response.status, 200, await response.clone().text());
    const text = await Deno.readTextFile(join(it.dir, "config.yaml"));
    assert.deepEqual(parseDocument(text).toJS().prefetch, expected, yaml);
    assert.equal(text.includes("# now and then"), yaml.includes("# now and then"));
    const { learn, rules, elsewhere } = await response.json();
    assert.equal(learn.tags, body.tags);
    assert.deepEqual([learn.nextAt, learn.looks, rules, elsewhere], [null, [], [], false]);
  }
});

Deno.test("PUT prefetch/learn, what is no number and no time is refused, and nothing is written", async () => {
  await using it = await adminFixture();
  const before = await Deno.readTextFile(join(it.dir, "config.yaml"));
  const cases: [body: Record<string, unknown>, message: RegExp][] = [
    [{ tags: 5, every: "never" }, /every.*expected a duration/],
    [{ tags: 5, every: "10s" }, /every.*expected a minute at least/],
    [{ tags: 5000 }, /tags.*1000/],
    [{ tags: -1 }, /tags/],
    [{ every: "1h" }, /tags/],
  ];
  for (const [body, message] of cases) {
    const response = await it.call("/prefetch/learn", { method: "PUT", body });
    assert.equal(response.status, 422);
    assert.match(JSON.stringify(await response.json()), message);
  }
  assert.equal(await Deno.readTextFile(join(it.dir, "config.yaml")), before);
});

Deno.test("prefetch, without a cache there is nothing to run or to look at", async () => {
  await using it = await adminFixture();
  for (const [path, body] of [["run", { name: "web" }], ["learn/run", undefined]] as const) {
    const response = await it.call(`/prefetch/${path}`, { method: "POST", body });
    assert.equal(response.status, 404, path);
    await response.body?.cancel();
  }
});

Deno.test("POST prefetch/rules, more images than may be are refused where they are written", async () => {
  await using it = await adminFixture();
  const images = ["docker/library/nginx:*"];
  for (const max_tags of [0, 1001]) {
    const body = { images, max_tags };
    for (const path of ["rules", "preview"]) {
      const response = await it.call(`/prefetch/${path}`, { method: "POST", body });
      assert.equal(response.status, 422, path);
      assert.match(JSON.stringify(await response.json()), /max_tags/);
    }
  }
});
