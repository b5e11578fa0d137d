import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Happening } from "../../../proxy/notify/happening.ts";
import { MOST_WAITING, type WebhookSettings } from "../../../proxy/notify/hook.ts";
import { fetchPost, type Post, type Posting } from "../../../proxy/notify/post.ts";
import { Webhooks } from "../../../proxy/notify/webhooks.ts";
import { FakeClock } from "../../fake/clock.ts";

const URL_WITH_SECRET = "https://hooks.example.com/services/T0/B0/s3cret?token=s3cret";

function hook(fields: Partial<WebhookSettings> = {}): WebhookSettings {
  return { name: "ops", url: URL_WITH_SECRET, format: "json", events: [], secret: "", ...fields };
}

function happening(fields: Partial<Happening> = {}): Happening {
  return {
    event: "disk-full",
    id: "disk-full",
    state: "opened",
    severity: "error",
    title: "The disk is full",
    detail: "",
    registry: "",
    time: 0,
    ...fields,
  };
}

/** Webhooks in a time of their own; `answer` says what receivers do. */
function webhooksOf(hooks: WebhookSettings[], answer: Post = () => Promise.resolve(200)) {
  const clock = new FakeClock();
  const posted: (Posting & { at: number })[] = [];
  const failed: string[] = [];
  const start = clock.now();
  const webhooks = new Webhooks({
    clock,
    version: "1.2.3",
    failed: (line) => failed.push(line),
    post(posting) {
      posted.push({ ...posting, at: clock.now() - start });
      return answer(posting);
    },
  });
  webhooks.configure(hooks);
  return { clock, webhooks, posted, failed };
}

Deno.test("Webhooks, each is told of the events that it asks for, signed where there is a secret", async () => {
  const { clock, webhooks, posted } = webhooksOf([
    hook({ name: "all", secret: "key" }),
    hook({ name: "some", events: ["denied"] }),
  ]);
  webhooks.send(happening());
  webhooks.send(happening({ event: "denied", id: "denied:x" }));
  await clock.advance(0);
  assert.deepEqual(posted.map(({ headers }) => headers["x-berth-event"]).sort(), [
    "denied",
    "denied",
    "disk-full",
  ]);
  for (const { headers, body, url } of posted) {
    assert.equal(url, URL_WITH_SECRET);
    assert.equal(headers["content-type"], "application/json");
    const signature = headers["x-berth-signature"];
    if (signature === undefined) continue;
    assert.equal(signature, `sha256=${createHmac("sha256", "key").update(body).digest("hex")}`);
  }
  assert.equal(posted.filter(({ headers }) => headers["x-berth-signature"]).length, 2);
  assert.equal(webhooks.wants("denied"), true);
  webhooks.configure([hook({ events: ["denied"] })]);
  assert.equal(webhooks.wants("evicted"), false);
});

Deno.test("Webhooks, what fails is tried again after 1, 5 and 30 s, then given up and told of", async () => {
  for (const answer of [302, 404, 500]) {
    const { clock, webhooks, posted, failed } = webhooksOf(
      [hook()],
      () => Promise.resolve(answer),
    );
    webhooks.send(happening());
    await clock.advance(3600_000);
    assert.deepEqual(posted.map(({ at }) => at), [0, 1_000, 6_000, 36_000]);
    assert.deepEqual(failed, [`ops: disk-full was not delivered: it answered ${answer}`]);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("Webhooks, the first success ends it, in the order in which it happened", async () => {
  let count = 0;
  const { clock, webhooks, posted, failed } = webhooksOf(
    [hook()],
    () => ++count < 3 ? Promise.reject(new TypeError("refused")) : Promise.resolve(204),
  );
  webhooks.send(happening({ id: "first" }));
  webhooks.send(happening({ id: "second" }));
  await clock.advance(60_000);
  assert.deepEqual(posted.map(({ body }) => JSON.parse(body).id), [
    "first",
    "first",
    "first",
    "second",
  ]);
  assert.deepEqual(failed, []);
});

Deno.test("Webhooks, one that never answers neither waits for ever nor fills the memory", async () => {
  const hanging: Post = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const { clock, webhooks, posted, failed } = webhooksOf([hook()], hanging);
  for (let i = 0; i < MOST_WAITING + 50; i++) webhooks.send(happening({ id: `${i}` }));
  await clock.advance(0);
  assert.equal(posted.length, 1, "one at a time");
  const [state] = webhooks.states();
  assert.deepEqual([state?.waiting, state?.dropped], [MOST_WAITING, 50]);
  await clock.advance(76_000);
  assert.deepEqual(failed, ["ops: 0 was not delivered: it did not answer within 10 s"]);
  webhooks.close();
  await clock.advance(0);
  assert.equal(webhooks.states()[0]?.waiting, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("Webhooks, other settings count from the next attempt on; one that is gone is silent", async () => {
  const { clock, webhooks, posted } = webhooksOf(
    [hook(), hook({ name: "gone" })],
    ({ url }) => Promise.resolve(url === URL_WITH_SECRET ? 500 : 200),
  );
  webhooks.send(happening());
  await clock.advance(0);
  assert.equal(posted.length, 2);
  webhooks.configure([hook({ url: "https://other.example/" })]);
  await clock.advance(60_000);
  assert.deepEqual(posted.slice(2).map(({ url }) => url), ["https://other.example/"]);
  assert.equal(clock.pending, 0);
});

Deno.test("Webhooks, what is told of them holds neither their URLs nor their secrets", async () => {
  const url = new URL(URL_WITH_SECRET);
  const { clock, webhooks, failed } = webhooksOf(
    [hook({ secret: "s3cret" })],
    () => Promise.reject(new TypeError(`error sending request for url (${url})`)),
  );
  webhooks.send(happening());
  await clock.advance(60_000);
  const delivery = await webhooks.test("ops");
  assert.equal(delivery?.ok, false);
  const told = JSON.stringify([webhooks.states(), failed, delivery]);
  assert.doesNotMatch(told, /s3cret|services/);
  assert.match(told, /hooks\.example\.com/);
});

Deno.test("Webhooks, a test is sent once and tells how it went", async () => {
  const { webhooks, posted } = webhooksOf([hook({ events: ["denied"] })]);
  const went = await webhooks.test("ops");
  assert.deepEqual([went?.ok, went?.text], [true, "it answered 200"]);
  assert.equal(JSON.parse(posted[0]!.body).event, "test");
  assert.equal(await webhooks.test("other"), undefined);
});

Deno.test("fetchPost, a redirect is an answer and is not followed", async () => {
  const seen: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (it) => {
    seen.push(`${it.method} ${new URL(it.url).pathname} ${it.headers.get("x-berth-event")}`);
    return new Response("over there", { status: 307, headers: { location: "/elsewhere" } });
  });
  const status = await fetchPost({
    url: `http://127.0.0.1:${server.addr.port}/hook`,
    headers: { "x-berth-event": "test" },
    body: "{}",
    signal: new AbortController().signal,
  });
  assert.equal(status, 307);
  assert.deepEqual(seen, ["POST /hook test"]);
});
