import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openCache } from "../../../cache/cache.ts";
import { CacheLocked, CacheTooNew } from "../../../cache/errors.ts";
import { Catalog } from "../../../cache/catalog/catalog.ts";
import { SCHEMA_VERSION } from "../../../cache/catalog/schema.ts";
import { FakeClock } from "../../fake/clock.ts";
import { assertBytes, blob, bytesOf, withCache, withCacheIn, withDir } from "../support.ts";

const KEY = { registry: "docker", repository: "library/x", tag: "latest", accept: "" };

function manifest(layers: string[]): Uint8Array<ArrayBuffer> {
  const descriptor = (digest: string) => ({ mediaType: "a/layer", digest, size: 1 });
  return new TextEncoder().encode(JSON.stringify({
    schemaVersion: 2,
    config: descriptor(layers[0]!),
    layers: layers.slice(1).map(descriptor),
  }));
}

Deno.test("index, keeps everything over a restart", () =>
  withDir(async (dir) => {
    const clock = new FakeClock();
    const { bytes, digest } = blob(100);
    const row = { digest, mediaType: "a/b", size: 100, checkedAt: 7 };
    await withCacheIn(dir, { clock }, async ({ cache }) => {
      await cache.put(digest, bytes, "a/b", "docker/library/x");
      cache.setTag(KEY, row);
      cache.pin("docker/*:latest");
      await clock.advance(5000);
      await cache.open(digest);
    });
    await withCacheIn(dir, { clock }, ({ cache }) => {
      const { hits, lastUsed, created, mediaType, pinned } = cache.stat(digest)!;
      assert.deepEqual(
        { hits, lastUsed, mediaType, pinned },
        { hits: 1, lastUsed: clock.now(), mediaType: "a/b", pinned: true },
      );
      assert.equal(created, clock.now() - 5000);
      assert.deepEqual(cache.tag(KEY), row);
      assert.ok(cache.linked("docker/library/x", digest));
      assert.deepEqual(cache.pins(), [{ pattern: "docker/*:latest", configured: false }]);
      return Promise.resolve();
    });
  }));

Deno.test("index, last use is written once a second", () =>
  withDir(async (dir) => {
    const clock = new FakeClock();
    await withCacheIn(dir, { clock }, async ({ cache }) => {
      const { bytes, digest } = blob(100);
      await cache.put(digest, bytes, "a/b");
      const other = new DatabaseSync(join(dir, "index.db"), { readOnly: true });
      const hits = () => other.prepare("SELECT hits FROM blobs").get()?.hits;
      await clock.advance(1000);
      for (let use = 0; use < 5; use++) await cache.open(digest);
      assert.equal(hits(), 0);
      assert.equal(cache.stat(digest)?.hits, 5);
      await clock.advance(1000);
      assert.equal(hits(), 5);
      other.close();
    });
  }));

Deno.test("index, lost or damaged, is rebuilt from the files, with progress", async (t) => {
  const damage: [name: string, how: (path: string) => Promise<void>][] = [
    ["lost", (path) => Deno.remove(path)],
    ["overwritten", (path) => Deno.writeTextFile(path, "this is no database".repeat(1000))],
    ["truncated", (path) => Deno.truncate(path, 5000)],
    ["without its tables", (path) => {
      const db = new DatabaseSync(path);
      db.exec("DROP TABLE blobs");
      db.close();
      return Promise.resolve();
    }],
  ];
  for (const [name, how] of damage) {
    await t.step(name, () =>
      withDir(async (dir) => {
        const layers = [1, 2, 3].map((seed) => blob(1000 * seed, seed));
        const image = manifest(layers.map(({ digest }) => digest));
        let digest = "";
        await withCacheIn(dir, {}, async ({ cache }) => {
          for (const layer of layers) await cache.put(layer.digest, layer.bytes, "a/layer");
          digest = "sha256:" + await sha256(image);
          await cache.put(digest, image, "application/vnd.oci.image.manifest.v1+json");
        });
        await how(join(dir, "index.db"));
        const progress: number[] = [];
        const onRebuild = ({ blobs }: { blobs: number }) => void progress.push(blobs);
        await withCacheIn(dir, { onRebuild }, async ({ cache }) => {
          assert.equal(progress.at(-1), 4);
          assert.equal(cache.list().total, 4);
          assert.equal(cache.stat(digest)?.mediaType, "application/vnd.oci.image.manifest.v1+json");
          assert.equal(cache.references(digest).length, 3);
          for (const layer of layers) {
            assertBytes(await bytesOf((await cache.open(layer.digest))!.body), layer.bytes);
          }
        });
      }));
  }
});

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

Deno.test("index, after a crash, finds what was complete and had no row yet", () =>
  withDir(async (dir) => {
    const [known, orphan] = [blob(100, 1), blob(100, 2)];
    await withCacheIn(dir, {}, async ({ cache }) => {
      await cache.put(known.digest, known.bytes, "");
      await cache.put(orphan.digest, orphan.bytes, "");
    });
    const db = new DatabaseSync(join(dir, "index.db"));
    db.prepare("DELETE FROM blobs WHERE digest = ?").run(orphan.digest);
    db.prepare("UPDATE state SET value = 0 WHERE key = 'clean'").run();
    db.close();
    await withCacheIn(dir, {}, async ({ cache }) => {
      assert.equal(cache.list().total, 2);
      assertBytes(await bytesOf((await cache.open(orphan.digest))!.body), orphan.bytes);
    });
  }));

Deno.test("index, of a newer version, is refused and left alone", () =>
  withDir(async (dir) => {
    await withCacheIn(dir, {}, () => Promise.resolve());
    const path = join(dir, "index.db");
    const db = new DatabaseSync(path);
    db.prepare("INSERT INTO schema_version VALUES (?)").run(SCHEMA_VERSION + 1);
    db.close();
    await assert.rejects(openCache({ dir }), (error: CacheTooNew) => {
      assert.ok(error instanceof CacheTooNew);
      assert.equal(error.found, SCHEMA_VERSION + 1);
      return true;
    });
    assert.ok((await Deno.stat(path)).isFile);
  }));

Deno.test("openCache, two on one directory are refused with a clear message", () =>
  withCache({}, async ({ dir, cache }) => {
    await assert.rejects(openCache({ dir }), (error: CacheLocked) => {
      assert.ok(error instanceof CacheLocked);
      assert.match(error.message, new RegExp(`${dir} is in use by another process`));
      assert.match(error.message, new RegExp(`process ${Deno.pid}`));
      return true;
    });
    await cache.close();
    await (await openCache({ dir })).close();
  }));

Deno.test("openCache, is ready within a second with a hundred thousand blobs", () =>
  withDir(async (dir) => {
    const path = join(dir, "index.db");
    const catalog = Catalog.open(path);
    catalog.transaction(() => {
      for (let n = 0; n < 100_000; n++) {
        const digest = `sha256:${n.toString(16).padStart(64, "0")}`;
        const times = { created: n, lastUsed: n, verified: n };
        catalog.addBlob({ digest, size: 1, mediaType: "a/b", ...times }, { repositories: ["r/x"] });
      }
    });
    catalog.close(Date.now());
    for (const state of ["clean", "after a crash"]) {
      const before = performance.now();
      const cache = await openCache({ dir, scrubRate: 0 });
      const ms = performance.now() - before;
      assert.equal((await cache.usage()).blobs, 100_000);
      await cache.close();
      assert.ok(ms < 1000, `${ms} ms, ${state}`);
      const db = new DatabaseSync(path);
      db.prepare("UPDATE state SET value = 0 WHERE key = 'clean'").run();
      db.close();
    }
  }));

Deno.test("unlinked and forgotten memberships, are gone", async () => {
  const clock = new FakeClock();
  const day = 24 * 3600e3;
  await withCache({ clock, maxAge: 2 * day }, async ({ cache }) => {
    const [here, elsewhere] = [blob(10, 1), blob(10, 2)];
    await cache.put(here.digest, here.bytes, "", "r/x");
    cache.link("r/x", elsewhere.digest);
    cache.link("r/y", here.digest);
    cache.unlink("r/y", here.digest);
    assert.ok(!cache.linked("r/y", here.digest));
    await clock.skip(1.5 * day);
    await cache.open(here.digest);
    assert.ok(cache.linked("r/x", elsewhere.digest));
    await clock.skip(1.5 * day);
    assert.ok(cache.linked("r/x", here.digest));
    assert.ok(!cache.linked("r/x", elsewhere.digest));
  });
});
