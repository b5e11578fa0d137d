import assert from "node:assert/strict";
import { ReadyAnswers } from "../../../proxy/cached/ready_answers.ts";
import { record } from "../../fake/records.ts";

Deno.test("ReadyAnswers, one address called by two registries' names has two answers", async () => {
  const contents = { revision: 1, touch: () => {} };
  const ready = new ReadyAnswers(contents, { onRecord: () => {}, now: () => 0 });
  const request = new Request("https://one.example/v2/a/manifests/1");
  const caller = (registry?: string) => ({ peer: "10.0.0.1", via: "intercept" as const, registry });
  const again = { body: new Uint8Array([49]), digest: "sha256:1", until: 1 };
  const answered = { request, caller: caller("one"), record: record() };
  ready.keep(answered, new Response("1"), again);
  assert.equal(await ready.answer(request, caller("one"))?.text(), "1");
  assert.equal(ready.answer(request, caller("two")), undefined);
  assert.equal(ready.answer(request, caller()), undefined);
});

Deno.test("ReadyAnswers, a request that names its client is looked at each time", async () => {
  const contents = { revision: 1, touch: () => {} };
  const ready = new ReadyAnswers(contents, { onRecord: () => {}, now: () => 0 }, "X-Node");
  const caller = { peer: "10.0.0.1", via: "direct" as const };
  const url = "https://one.example/v2/a/manifests/1";
  const again = { body: new Uint8Array([49]), digest: "sha256:1", until: 1 };
  const keep = (request: Request) =>
    ready.keep({ request, caller, record: record() }, new Response("1"), again);
  const named = new Request(url, { headers: { "x-node": "worker-1" } });
  keep(named);
  assert.equal(ready.answer(new Request(url), caller), undefined, "it has that client's record");
  keep(new Request(url));
  assert.equal(await ready.answer(new Request(url), caller)?.text(), "1");
  assert.equal(ready.answer(named, caller), undefined);
});
