import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import { image } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import type { FaultAction } from "../../fake/wire.ts";

const app = image();
const LAYER = app.blobs[1]!;
const LAST = LAYER.bytes.length - 1;
const PATH = `/v2/org/app/blobs/${LAYER.digest}`;

/** A pull of the layer that breaks off after 700 bytes; `then` is what becomes of each later request. */
async function resumed(then: FaultAction[]) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-resume-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = stack.use(await fakeRegistry({ images: { "org/app:1": app } }));
  const cache = await openCache({ dir, scrubRate: 0, backoff: () => 0, retries: 3 });
  stack.defer(() => cache.close());
  const settings = { default_registry: "hub", registries: { hub: { url: upstream.url } } };
  const proxy = stack.use(await startProxy(settings, {}, cache));
  const actions: FaultAction[] = [{ kind: "cut", after: 700 }, ...then];
  for (const [index, action] of actions.entries()) {
    upstream.fault({ method: "GET", path: /blobs/, from: index + 1, action });
  }
  const response = await proxy.get(PATH);
  const bytes = await response.bytes().catch(() => undefined);
  return {
    whole: bytes !== undefined && bytes.length === LAYER.bytes.length &&
      bytes.every((byte, index) => byte === LAYER.bytes[index]),
    asked: upstream.seen("GET", /blobs/).map(({ headers }) => headers.get("range") ?? "whole"),
  };
}

Deno.test("sourceOf, a server that does not go on at bytes=N- is asked otherwise", async () => {
  const status = (status: number): FaultAction => ({ kind: "answer", status, body: "no" });
  const range = (value: string): FaultAction => ({
    kind: "headers",
    headers: { "content-range": value },
  });
  const cut: FaultAction = { kind: "cut", after: 0 };
  const html = { "content-type": "text/html" };
  const page: FaultAction = { kind: "answer", status: 200, body: "<html>", headers: html };
  const table: Record<string, [then: FaultAction[], asked: string[]]> = {
    "goes on": [[], ["open"]],
    "416": [[status(416)], ["open", "closed"]],
    "400": [[status(400)], ["open", "closed"]],
    "416 to every range": [[status(416), status(416)], ["open", "closed", "whole"]],
    "400 to every range": [[status(400), status(400)], ["open", "closed", "whole"]],
    ...Object.fromEntries([403, 405, 406, 412, 501].map((code) => [
      `${code} to every range`,
      [[status(code), status(code)], ["open", "closed", "whole"]] as [FaultAction[], string[]],
    ])),
    "a page instead of the rest": [[page], ["open", "open"]],
    "206 of another range": [[range(`bytes 0-9/${LAST + 1}`)], ["open", "closed"]],
    "206 without Content-Range": [[range("")], ["open", "closed"]],
    "206 with nonsense": [[range("bytes x-y/z"), range("pages 1-2/3")], [
      "open",
      "closed",
      "whole",
    ]],
    "another break, and what was refused is not asked again": [
      [status(416), cut],
      ["open", "closed", "closed"],
    ],
  };
  for (const [title, [then, ways]] of Object.entries(table)) {
    const { whole, asked } = await resumed(then);
    assert.equal(whole, true, title);
    const found = asked.slice(1).map((text) =>
      text === "whole" ? text : /-$/.test(text) ? "open" : "closed"
    );
    assert.deepEqual([asked[0], ...found], ["whole", ...ways], title);
    for (const text of asked.filter((text) => /-\d+$/.test(text))) {
      assert.equal(Number(text.split("-")[1]), LAST, title);
    }
  }
});

Deno.test("sourceOf, a refusal that is not about the range is one", async () => {
  const gone = Array.from({ length: 9 }, (): FaultAction => ({ kind: "answer", status: 404 }));
  const { whole, asked } = await resumed(gone);
  assert.equal(whole, false);
  assert.equal(asked.length, 4, "the first, and one request for each of the cache's retries");
});
