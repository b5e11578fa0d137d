/** Data directories that other versions have left. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SCHEMA_VERSION } from "../../cache/catalog/schema.ts";
import { image } from "../fake/content.ts";
import { attempt } from "./harness/attempt.ts";
import { NOBODY } from "./harness/account.ts";
import { EXECUTABLE, startBerth } from "./harness/berth.ts";
import { run } from "./harness/process.ts";
import { type Scratch, scratchDir } from "./harness/scratch.ts";

const FIXTURE = join(import.meta.dirname!, "upgrade", "index-1.sql");
const app = image({ seed: 11, layers: [50_000] });

/** A data directory as version 0.1.0 left it: an image of Docker Hub, and the tag that names it. */
async function olderDirectory(): Promise<Scratch & { data: string }> {
  const scratch = await scratchDir("older");
  const data = join(scratch.path, "data");
  await Deno.mkdir(join(data, "blobs", "sha256"), { recursive: true });
  const db = new DatabaseSync(join(data, "index.db"));
  db.exec(await Deno.readTextFile(FIXTURE));
  const now = Date.now();
  for (const { digest, mediaType, bytes } of [...app.manifests, ...app.blobs]) {
    const hex = digest.slice("sha256:".length);
    await Deno.mkdir(join(data, "blobs", "sha256", hex.slice(0, 2)), { recursive: true });
    await Deno.writeFile(join(data, "blobs", "sha256", hex.slice(0, 2), hex), bytes);
    db.prepare("INSERT INTO blobs VALUES (?, ?, ?, ?, ?, 3, ?)")
      .run(digest, bytes.length, mediaType, now, now, now);
    db.prepare("INSERT INTO members VALUES ('docker/library/app', ?, ?)").run(digest, now);
  }
  const { digest, mediaType, bytes } = app.root;
  db.prepare("INSERT INTO tags VALUES ('docker', 'library/app', 'latest', '', ?, ?, ?, ?)")
    .run(digest, mediaType, bytes.length, now);
  db.close();
  if (EXECUTABLE !== undefined && Deno.uid() === 0) {
    await run("chown", ["-R", `${NOBODY.uid}:${NOBODY.gid}`, scratch.path]);
  }
  return { ...scratch, data };
}

function versionOf(data: string): number {
  using db = new DatabaseSync(join(data, "index.db"), { readOnly: true });
  return Number(db.prepare("SELECT max(version) AS version FROM schema_version").get()?.version);
}

Deno.test("upgrade, a data directory of 0.1.0 is taken over with its content", async () => {
  await using older = await olderDirectory();
  assert.equal(versionOf(older.data), 1);
  // Nobody is there to ask: what is served comes from the directory.
  const docker = { url: "http://127.0.0.1:9", library: true };
  await using berth = await startBerth({
    registries: { docker },
    cache: { dir: older.data, manifests: { ttl: "1h" } },
  });
  for (const { digest, bytes } of app.blobs) {
    const response = await fetch(`${berth.url}/v2/library/app/blobs/${digest}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("cache-status"), "berth; hit");
    assert.deepEqual(await response.bytes(), bytes);
  }
  const manifest = await fetch(`${berth.url}/v2/library/app/manifests/${app.root.digest}`);
  assert.deepEqual(await manifest.bytes(), app.root.bytes);
  assert.equal(await berth.stop(), 0);
  assert.equal(versionOf(older.data), SCHEMA_VERSION);
});

Deno.test("upgrade, a data directory of a newer version is refused, and left as it is", async () => {
  await using older = await olderDirectory();
  {
    using db = new DatabaseSync(join(older.data, "index.db"));
    db.exec("INSERT INTO schema_version VALUES (999)");
  }
  const { code, said } = await attempt(["--cache-dir", older.data]);
  assert.equal(code, 1);
  assert.deepEqual(said.length, 1, said.join("\n"));
  assert.match(said[0]!, /^berth: .*index\.db has schema version 999, this version knows \d+: /);
  assert.equal(versionOf(older.data), 999);
});
