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
