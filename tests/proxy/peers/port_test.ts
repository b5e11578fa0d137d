import assert from "node:assert/strict";
import { systemClock } from "../../../base/clock.ts";
import type { Cache } from "../../../cache/api.ts";
import { PeerClient } from "../../../proxy/peers/client.ts";
import { peerPort } from "../../../proxy/peers/port.ts";
import { clusterKeys, sign } from "../../../proxy/peers/signature.ts";
import { digestOf } from "../../../cache/hash.ts";
import { withCache } from "../../cache/support.ts";

const BYTES = new TextEncoder().encode("content that one Berth has and others do not");
const DIGEST = digestOf(BYTES);
const ABSENT = `sha256:${"a".repeat(64)}`;
const MUCH = "x".repeat(5 * 2 ** 20);
const { signal } = new AbortController();
const right = clusterKeys("a secret of the tests", "peers");
const [wrong] = clusterKeys("another secret there is", "peers");

/** The port of a Berth that has `DIGEST`, and a way to ask it with `key` at the time `now`. */
async function asked(
  cache: Cache,
  run: (
    client: (key?: Uint8Array<ArrayBuffer>, now?: () => number) => PeerClient,
    peer: { id: string; address: string },
    counts: { sent: number },
  ) => Promise<void>,
): Promise<void> {
  await cache.put(DIGEST, BYTES, "application/x-own");
  const counts = { sent: 0 };
  const port = peerPort({
    address: { hostname: "127.0.0.1", port: 0 },
    cache,
    keys: right,
    clock: systemClock,
    sent: (bytes) => counts.sent += bytes,
    tell: (name, query) =>
      Promise.resolve(
        name === "stats" ? { period: query.get("period") } : name === "much" ? MUCH : undefined,
      ),
  });
  const client = (key = right[0]!, now = Date.now) =>
    new PeerClient({
      send: ({ url, method, headers, signal }) =>
        fetch(url, { method, headers, ...(signal ? { signal } : {}) }),
      key,
      now,
      received: () => {},
    });
  try {
    await run(client, { id: "a", address: `127.0.0.1:${port.address.port}` }, counts);
  } finally {
    await port.close(1000);
  }
}

Deno.test("peerPort, what is here, from any byte on, and counted", () =>
  withCache({}, ({ cache }) =>
    asked(cache, async (client, peer, counts) => {
      for (const from of [0, 8]) {
        const answer = await client().open(peer, DIGEST, from, signal);
        const { offset, total, mediaType, body } = answer!;
        assert.deepEqual([offset, total, mediaType], [from, BYTES.length, "application/x-own"]);
        const got = await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
        assert.deepEqual(got, BYTES.slice(from));
      }
      assert.equal(counts.sent, 2 * BYTES.length - 8);
      assert.equal(await client().has(peer, DIGEST, signal), true);
      assert.equal(await client().has(peer, ABSENT, signal), false);
      assert.equal(await client().open(peer, ABSENT, 0, signal), undefined);
      await assert.rejects(client().open(peer, DIGEST, 99, signal), { name: "SourceBroken" });
    })));

Deno.test("peerPort, nothing for whoever has not the secret, and why in words", () =>
  withCache({}, ({ cache }) =>
    asked(cache, async (client, peer, counts) => {
      assert.equal(await client().greet(peer, signal), "");
      assert.match(await client(wrong).greet(peer, signal), /^cluster\.secret differs/);
      const early = client(right[0], () => Date.now() - 61_000);
      assert.match(await early.greet(peer, signal), /clocks .* more than a minute apart/);
      await assert.rejects(client(wrong).open(peer, DIGEST, 0, signal), /answered 403/);
      assert.equal(await client(wrong).has(peer, DIGEST, signal), false);
      const nobody = { id: "b", address: "127.0.0.1:1" };
      assert.equal(await client().greet(nobody, signal), "cannot be reached");
      assert.equal(counts.sent, 0);
      for (const path of ["/", "/peer/v2/blobs/x", "/v2/", `/peer/v1/blobs/${DIGEST}`]) {
        const response = await fetch(`http://${peer.address}${path}`);
        assert.equal(response.status, 403, path);
        await response.body?.cancel();
      }
    })));

Deno.test("peerPort, what a Berth tells of itself: a little, under names that it knows, to peers", () =>
  withCache({}, ({ cache }) =>
    asked(cache, async (client, peer) => {
      const told = await client().told(peer, "stats?period=24h", signal);
      assert.deepEqual(told, { period: "24h" });
      await assert.rejects(client().told(peer, "secrets", signal), /answered 404/);
      await assert.rejects(client().told(peer, "much", signal), /tells too much/);
      await assert.rejects(client(wrong).told(peer, "stats?period=24h", signal), /answered 403/);
      // The query is signed, too.
      const header = { "x-berth-peer": sign("/peer/v1/stats?period=1h", Date.now(), right[0]!) };
      const other = await fetch(`http://${peer.address}/peer/v1/stats?period=24h`, {
        headers: header,
      });
      await other.body?.cancel();
      assert.equal(other.status, 403);
    })));
