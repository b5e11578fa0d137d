import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { dirname, join } from "node:path";
import { create } from "tar";
import { descriptor, digestOf, image, OCI_MANIFEST } from "../../fake/content.ts";
import { type Sites, sites, tagsIn } from "./sites.ts";

const app = image({ layers: [3000, 2000] });
const [config, first, second] = app.blobs as [
  typeof app.blobs[0],
  typeof app.blobs[0],
  typeof app.blobs[0],
];
const hex = ({ digest }: { digest: string }) => digest.slice("sha256:".length);

/** An archive of those files; what is a text that begins with an arrow is a link. */
async function archive(
  it: Sites,
  name: string,
  files: Record<string, Uint8Array | string>,
): Promise<string> {
  const dir = it.at(`${name}.d`);
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    if (content instanceof Uint8Array) await Deno.writeFile(file, content);
    else if (content.startsWith("-> ")) await Deno.symlink(content.slice(3), file);
    else await Deno.writeTextFile(file, content);
  }
  await create({ file: it.at(name), cwd: dir }, ["."]);
  return it.at(name);
}

/** As `docker save` wrote it before version 25. */
function saved(tags: string[], layers = ["a/layer.tar", "b/layer.tar"]): string {
  return JSON.stringify([{ Config: `${hex(config)}.json`, RepoTags: tags, Layers: layers }]);
}

const layout = { "oci-layout": '{"imageLayoutVersion":"1.0.0"}' };
const blobs = Object.fromEntries(
  [app.root, ...app.blobs].map((blob) => [`blobs/sha256/${hex(blob)}`, blob.bytes]),
);
const index = (annotations?: Record<string, string>) =>
  JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor(app.root), annotations }] });

Deno.test("berth bundle load, an archive of docker save: manifests are made, layers are as they were", async () => {
  await using it = await sites({});
  const files = {
    [`${hex(config)}.json`]: config.bytes,
    "a/layer.tar": first.bytes,
    "b/layer.tar": "-> ../c/layer.tar",
    "c/layer.tar": second.bytes,
    "repositories": "{}",
    "manifest.json": saved(["hub/org/app:1", "org/app:2"]),
  };
  const loaded = await it.far.bundle("load", await archive(it, "saved.tar", files));
  assert.equal(loaded.code, 0, loaded.err);
  assert.match(loaded.out, /hub\/org\/app:1\nhub\/org\/app:2\n2 images loaded and pinned: 4 blobs/);
  await it.far.cache(async (cache) => {
    const tags = tagsIn(cache);
    const root = tags["hub/org/app:1"]!;
    assert.equal(tags["hub/org/app:2"], root);
    const manifest = JSON.parse(new TextDecoder().decode(await cache.peek(root, 1e6)));
    assert.equal(manifest.mediaType, OCI_MANIFEST);
    assert.equal(manifest.config.digest, config.digest);
    assert.deepEqual(
      manifest.layers.map(({ digest }: { digest: string }) => digest),
      [first.digest, second.digest],
    );
    for (const { digest, bytes } of app.blobs) {
      assert.deepEqual(await cache.peek(digest, 1e6), bytes);
    }
  });
});

Deno.test("berth bundle load, layers that an archive has compressed are compared unpacked", async () => {
  await using it = await sites({});
  const packed = gzipSync(first.bytes);
  const files = {
    [`${hex(config)}.json`]: config.bytes,
    "a/layer.tar": packed,
    "b/layer.tar": second.bytes,
    "manifest.json": saved([]),
  };
  const path = await archive(it, "crane.tar", files);
  const unnamed = await it.far.bundle("load", path);
  assert.match(unnamed.err, /does not say what its image is called: give the name with --name/);
  assert.equal((await it.far.bundle("load", path, "--name", "org/app:3")).code, 0);
  const { digest } = { digest: digestOf(new Uint8Array(packed)) };
  await it.far.cache(async (cache) => {
    assert.deepEqual(Object.keys(tagsIn(cache)), ["hub/org/app:3"]);
    assert.equal((await cache.peek(digest, 1e6))!.length, packed.length);
  });
  const wrong = { ...files, "a/layer.tar": gzipSync(second.bytes) };
  const refused = await it.far.bundle("load", await archive(it, "wrong.tar", wrong));
  assert.match(
    refused.err,
    new RegExp(`a/layer\\.tar was altered: it is sha256:.*, not ${first.digest}`),
  );
});

Deno.test("berth bundle load, an archive of docker save that is damaged or cut is refused", async () => {
  await using it = await sites({});
  const good = {
    [`${hex(config)}.json`]: config.bytes,
    "a/layer.tar": first.bytes,
    "b/layer.tar": second.bytes,
    "manifest.json": saved(["org/app:1"]),
  };
  const { "a/layer.tar": _, ...without } = good;
  const flipped = first.bytes.slice();
  flipped[7]! ^= 1;
  const rows: [Record<string, Uint8Array | string>, RegExp][] = [
    [{ ...good, "a/layer.tar": flipped }, new RegExp(`${first.digest} was altered`)],
    [without, /it is cut: a\/layer\.tar is missing/],
    [
      { ...good, "b/layer.tar": "-> ../../../etc/passwd" },
      /b\/layer\.tar leads out of the archive/,
    ],
    [{ ...good, "b/layer.tar": "-> ../b/layer.tar" }, /it is cut: b\/layer\.tar is missing/],
    [{ ...good, "manifest.json": saved(["org/app:1"], ["a/layer.tar"]) }, /names 2 layers, .* 1/],
    [{ ...good, "manifest.json": "{}" }, /manifest\.json is no list of images/],
    [{ ...good, [`${hex(config)}.json`]: "{}" }, /\.json was altered: it is sha256:/],
  ];
  for (const [number, [files, message]] of rows.entries()) {
    const result = await it.far.bundle("load", await archive(it, `${number}.tar`, files));
    assert.match(result.err, message);
    assert.equal(result.code, 1);
    assert.deepEqual(await it.far.cache(tagsIn), {});
  }
});

Deno.test("berth bundle load, OCI layouts as archives and directories, by the names in them", async () => {
  await using it = await sites({});
  const named = (name: string) => index({ "io.containerd.image.name": name });
  const path = await archive(it, "oci.tar", {
    ...{ ...layout, ...blobs },
    "index.json": named("hub/org/app:1"),
    "manifest.json": saved(["hub/org/app:1"]),
  });
  assert.match((await it.far.bundle("load", path)).out, /^hub\/org\/app:1\n/);
  await archive(it, "dir.tar", {
    ...{ ...layout, ...blobs },
    "index.json": index({ "org.opencontainers.image.ref.name": "1.0" }),
  });
  const dir = it.at("dir.tar.d");
  assert.match((await it.far.bundle("load", dir)).err, /give the name with --name/);
  assert.match(
    (await it.far.bundle("load", dir, "--name", "org/app:2")).out,
    /0 blobs came .* 4 were/,
  );
  const [[blob]] = Object.entries(blobs) as [[string, unknown]];
  const { [blob]: _, ...rest } = blobs;
  const lacking = { ...layout, ...rest, "index.json": named("org/app:9") };
  const refused = await it.far.bundle("load", await archive(it, "lacking.tar", lacking));
  assert.match(refused.err, new RegExp(`org/app:9 is not whole: ${app.root.digest} is missing`));
  const linked = { ...layout, ...blobs, "index.json": named("org/app:9"), "more": "-> index.json" };
  assert.match(
    (await it.far.bundle("load", await archive(it, "l.tar", linked))).err,
    /more is a link/,
  );
});
