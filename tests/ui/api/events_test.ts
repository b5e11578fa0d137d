import assert from "node:assert/strict";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";
import { record } from "../../fake/records.ts";

/** Serves the dashboard on loopback until disposed. */
function serve(admin: AdminFixture) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    return admin.app.fetch(request, { peer: "127.0.0.1" });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/api/v1`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Reads events of a response until `enough`. */
async function readUntil(
  reader: ReadableStreamDefaultReader<string>,
  enough: (text: string) => boolean,
): Promise<string> {
  let text = "";
  while (!enough(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended after ${text}`);
    text += value;
  }
  return text;
}

Deno.test("events, state first, requests as they end, and where a reader left off", async () => {
  await using admin = await adminFixture();
  await using server = serve(admin);
  admin.stats.sink(record({ id: "early" }));
  const cookie = await admin.login();
  const open = async (headers: Record<string, string>) => {
    const response = await fetch(`${server.url}/events`, { headers: { cookie, ...headers } });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert.equal(response.headers.get("cache-control"), "no-store");
    return response.body!.pipeThrough(new TextDecoderStream()).getReader();
  };
  const first = await open({});
  const began = await readUntil(first, (text) => text.includes("event: verification"));
  assert.match(began, /event: requests\nid: \d+\ndata: \[\{"id":"early"/);
  for (const event of ["live", "fills", "status"]) assert.match(began, RegExp(`event: ${event}\n`));
  const seen = /id: (\d+)/.exec(began)![1]!;
  admin.stats.sink(record({ id: "late" }));
  const next = await readUntil(first, (text) => text.includes("\n\n"));
  assert.match(next, /"late"/);
  assert.doesNotMatch(next, /"early"/);
  await first.cancel();

  const again = await open({ "last-event-id": seen });
  const missed = await readUntil(again, (text) => text.includes("event: verification"));
  assert.match(missed, /"late"/);
  assert.doesNotMatch(missed, /"early"/);
  await again.cancel();
});

Deno.test("events, end with the session", async () => {
  await using admin = await adminFixture();
  await using server = serve(admin);
  const cookie = await admin.login();
  const response = await fetch(`${server.url}/events`, { headers: { cookie } });
  admin.clock.now += 8 * 86400e3;
  await response.text();
  const refused = await fetch(`${server.url}/events`, { headers: { cookie } });
  assert.equal(refused.status, 401);
  await refused.body?.cancel();
});
