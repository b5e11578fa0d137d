import assert from "node:assert/strict";
import { systemClock } from "../../../base/clock.ts";
import { MARKER } from "../../../cache/depot/marker.ts";
import { S3Depot } from "../../../cache/depot/s3.ts";
import type { FakeS3 } from "../../fake/s3.ts";
import { testCertificate } from "../../fake/cert.ts";
import { assertBytes, blob, bytesOf, drain, noise, withDir } from "../support.ts";
import { putTo, testDepot } from "./depot_suite.ts";
import { withPlace } from "./s3_place.ts";

const { signal } = new AbortController();

interface Setup {
  s3: FakeS3;
  depot: S3Depot;
}

/** A depot in a bucket; `settings` as in `cache.depot`. */
function withS3(
  test: (setup: Setup) => Promise<void>,
  settings: Record<string, unknown> = {},
): Promise<void> {
  return withPlace(async ({ s3, place }) => {
    const depot = new S3Depot({ ...place, single: 1_000_000, part: 400_000 }, systemClock);
    await test({ s3, depot });
  }, { url: "s3://bucket/a b/c", ...settings });
}

testDepot("S3Depot", (test) => withS3(({ depot }) => test(depot)), 1_100_000);

Deno.test("S3Depot, lays objects out by algorithm and first byte, with their media type", () =>
  withS3(async ({ s3, depot }) => {
    await depot.open(signal);
    const digest = await putTo(depot, noise(10));
    const hex = digest.slice("sha256:".length);
    const key = `a b/c/v1/blobs/sha256/${hex.slice(0, 2)}/${hex}`;
    assert.deepEqual([...s3.objects.keys()], ["a b/c/berth-depot.json", key]);
    assert.equal(s3.objects.get(key)?.type, "a/b");
  }));

Deno.test("S3Depot, refuses what it cannot work with, naming the setting", async () => {
  const table: [Record<string, unknown>, RegExp][] = [
    [{ access_key_id: "other" }, /^cache\.depot\.access_key_id: the store does not know this key/],
    [{ secret_access_key: "x" }, /^cache\.depot\.secret_access_key: it does not belong to cache/],
    [{ url: "s3://absent" }, /^cache\.depot\.url: there is no such bucket/],
  ];
  for (const [settings, message] of table) {
    await withS3(async ({ depot }) => {
      await assert.rejects(depot.open(signal), { name: "DepotError", kind: "settings", message });
    }, settings);
  }
  await withS3(async ({ s3, depot }) => {
    s3.objects.set("a b/c/photo.jpg", { bytes: new Uint8Array(1), type: "x", created: 0 });
    await assert.rejects(depot.open(signal), {
      kind: "settings",
      message: "cache.depot.url: s3://bucket/a b/c/ holds other things and no berth-depot.json; " +
        "name an empty place, such as s3://bucket/a b/c/berth",
    });
  });
});

Deno.test("S3Depot, of several that begin at the same time in an empty place none takes it for another's", () =>
  withS3(async ({ s3, depot }) => {
    // The other one's marker comes between the look for it and the look at what else is there.
    let looks = 0;
    s3.fault = (method, key) => {
      if (method !== "GET" || key !== "" || looks++ > 0) return undefined;
      const bytes = new TextEncoder().encode('{"berth-depot":1,"id":"theirs"}');
      s3.objects.set(`a b/c/${MARKER}`, { bytes, type: "application/json", created: 0 });
      return undefined;
    };
    assert.equal(await depot.open(signal), "theirs");
    assert.equal(looks, 1);
  }));

Deno.test("S3Depot, is away where nobody listens", () =>
  withS3(async ({ s3, depot }) => {
    await s3[Symbol.asyncDispose]();
    await assert.rejects(depot.open(signal), {
      kind: "away",
      message: "cache.depot.endpoint: the connection was refused",
    });
  }));

Deno.test("S3Depot, says what the store answers in words that help", async () => {
  const table: [number, string, string, RegExp][] = [
    [503, "SlowDown", "away", /endpoint: it answered 503 SlowDown to "read objects"/],
    [403, "AccessDenied", "settings", /access_key_id: this key may not read objects \(403/],
    [400, "ExpiredToken", "settings", /session_token: it has expired/],
    [301, "PermanentRedirect", "settings", /region: the bucket is in another region/],
    [403, "RequestTimeTooSkewed", "away", /endpoint: its clock and this machine's differ/],
    [429, "", "away", /endpoint: it answered 429 to/],
    [400, "Odd", "refused", /endpoint: it answered 400 Odd/],
  ];
  await withS3(async ({ s3, depot }) => {
    for (const [status, code, kind, message] of table) {
      s3.fault = () => ({ status, code });
      await assert.rejects(depot.source(blob(1).digest)(0, signal), { kind, message });
    }
  });
});

Deno.test("S3Depot, a HEAD that is refused because of the clock says so, by the store's own time", async () => {
  const clock = (ms: number) => ({ ...systemClock, now: () => Date.now() + ms });
  await withPlace(async ({ s3, place }) => {
    s3.fault = () => ({ status: 403 });
    const { digest } = blob(1);
    const late = new S3Depot(place, clock(-20 * 60e3)).stat(digest, signal);
    await assert.rejects(late, { kind: "away", message: /endpoint: its clock and this machine's/ });
    const right = new S3Depot(place, clock(60e3)).stat(digest, signal);
    await assert.rejects(right, { kind: "settings", message: /access_key_id: this key may not/ });
  });
});

Deno.test("S3Depot, leaves no upload in parts behind that fails", () =>
  withS3(async ({ s3, depot }) => {
    await depot.open(signal);
    let parts = 0;
    s3.fault = (method) => method === "PUT" && ++parts === 2 ? { status: 500 } : undefined;
    await assert.rejects(putTo(depot, noise(1_100_000)), { kind: "away" });
    assert.equal(parts, 2);
    assert.equal(s3.uploads.size, 0);
    assert.equal(s3.objects.size, 1);
  }));

Deno.test("S3Depot, lists page after page, and removes a thousand a request", () =>
  withS3(async ({ s3, depot }) => {
    await depot.open(signal);
    s3.pageSize = 3;
    const digests = await Promise.all(
      Array.from({ length: 8 }, (_, seed) => putTo(depot, noise(10, seed + 1))),
    );
    const listed = await Array.fromAsync(depot.list(signal), ({ digest }) => digest);
    assert.deepEqual(listed, digests.sort());
    assert.equal(s3.log.filter((line) => line.includes("list-type")).length, 1 + 3);
    s3.log.length = 0;
    const absent = Array.from({ length: 1001 }, (_, n) => `sha256:${String(n).padStart(64, "0")}`);
    await depot.remove([...absent, ...digests], signal);
    assert.equal(s3.log.length, 2);
    assert.equal(s3.objects.size, 1);
  }));

Deno.test("S3Depot, a body that breaks off is an error, never an end", () =>
  withS3(async ({ s3, depot }) => {
    await depot.open(signal);
    const { bytes } = blob(300_000);
    const digest = await putTo(depot, bytes);
    s3.fault = () => ({ cut: 100_000 });
    const { error, bytes: got } = await drain((await depot.source(digest)(0, signal)).body);
    assert.ok(error);
    assertBytes(got, bytes.subarray(0, got.length));
    s3.fault = () => undefined;
    assertBytes(await bytesOf((await depot.source(digest)(0, signal)).body), bytes);
  }));

Deno.test("S3Depot, does not wait long for an answer", () =>
  withS3(async ({ s3, depot }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    s3.fault = () => ({ wait: promise });
    const begun = performance.now();
    await assert.rejects(depot.stat(blob(1).digest, signal), {
      kind: "away",
      message: /endpoint: it did not answer within/,
    });
    assert.ok(performance.now() - begun < 5000, "within seconds");
    resolve();
  }));

Deno.test("S3Depot, over TLS trusts the authority in ca_file and no other", () =>
  withDir(async (dir) => {
    const { ca, cert, key } = await testCertificate();
    const ca_file = `${dir}/ca.pem`;
    await Deno.writeTextFile(ca_file, ca);
    await withPlace(
      async ({ place }) => {
        const depot = new S3Depot(place, systemClock);
        await depot.open(signal);
        const { bytes } = blob(100_000);
        const digest = await putTo(depot, bytes);
        assertBytes(await bytesOf((await depot.source(digest)(0, signal)).body), bytes);
      },
      { ca_file },
      { cert, key },
    );
    await withPlace(
      async ({ place }) => {
        const message = "cache.depot.endpoint: the TLS handshake failed";
        await assert.rejects(new S3Depot(place, systemClock).open(signal), {
          kind: "away",
          message,
        });
      },
      {},
      { cert, key },
    );
  }));
