import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { image, OCI_MANIFEST, referrer } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { sites, tagsIn } from "./sites.ts";

const app = image({ platforms: ["linux/amd64", "linux/arm64"] });
const other = image({ seed: 2, layers: [400_000, 3000] });
const images = { "org/app:1": app, "org/other:2": other };

for (const running of [false, true]) {
  const how = running ? "by running servers" : "without a server";

  Deno.test(`berth bundle, images go from one side to the other, ${how}`, async () => {
    await using it = await sites({ images });
    const { near, far, upstream } = it;
    const out = it.at("out.tar");
    const create = () =>
      near.bundle("create", out, "org/app:1", "hub/org/other:2", "--platform", "linux/amd64");
    const made = await (running ? near.serving(create) : create());
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /out\.tar\n2 images, 10 blobs, [\d.]+ KiB$/);
    await upstream[Symbol.asyncDispose]();
    const load = () => far.bundle("load", out);
    const loaded = await (running
      ? far.serving(async (images) => {
        const result = await load();
        assert.deepEqual(images.map(({ tag }) => tag), ["1", "2"]);
        return result;
      })
      : load());
    assert.equal(loaded.code, 0, loaded.err);
    assert.match(
      loaded.out,
      /hub\/org\/app:1\nhub\/org\/other:2\n2 images loaded and pinned: 10 blobs/,
    );
    await far.cache(async (cache) => {
      assert.deepEqual(cache.pins().map(({ pattern }) => pattern), [
        "hub/org/app:1",
        "hub/org/other:2",
      ]);
      const [seen] = cache.tagHistory({ registry: "hub", repository: "org/other", tag: "2" });
      assert.equal(seen!.seenBy, "bundle");
      const hub = { url: upstream.url, offline: true };
      const settings = { default_registry: "hub", registries: { hub } };
      await using proxy = await startProxy(settings, {}, cache);
      for (const accept of [OCI_MANIFEST, "*/*"]) {
        const tag = await proxy.get("/v2/org/other/manifests/2", { headers: { accept } });
        assert.deepEqual(await tag.bytes(), other.root.bytes, accept);
      }
      for (const { digest, bytes } of other.blobs) {
        const blob = await proxy.get(`/v2/org/other/blobs/${digest}`);
        assert.deepEqual(await blob.bytes(), bytes);
      }
      const index = await proxy.get("/v2/org/app/manifests/1", { headers: { accept: "*/*" } });
      assert.deepEqual(await index.bytes(), app.root.bytes, "an index is not narrowed down");
    });
    const again = await load();
    assert.match(again.out, /0 blobs came \(0 B\), 10 were here/);
  });
}

Deno.test("berth bundle, equal content of several images is in it once", async () => {
  await using it = await sites({ images: { "org/app:1": app, "org/app:2": app, "org/b:1": app } });
  const out = it.at("out.tar");
  const made = await it.near.bundle("create", out, "org/app:1", "org/app:2", "org/b:1", "--json");
  const { blobs, bytes, images } = JSON.parse(made.out);
  assert.deepEqual([images, blobs], [3, 6]);
  assert.equal((await Deno.stat(out)).size, bytes);
  await it.far.bundle("load", out);
  const tags = await it.far.cache(tagsIn);
  assert.deepEqual(Object.keys(tags).sort(), ["hub/org/app:1", "hub/org/app:2", "hub/org/b:1"]);
});

Deno.test("berth bundle, what refers to an image comes along, and is found there", async () => {
  const signature = referrer(other.root, "application/vnd.dev.cosign.artifact.sig.v1+json");
  const cosign = `${other.root.digest.replace(":", "-")}.sig`;
  const old = image({ seed: 6, layers: [100] });
  await using it = await sites({
    images: { "org/other:2": other, "org/other": signature, [`org/other:${cosign}`]: old },
  });
  const out = it.at("out.tar");
  const made = await it.near.bundle("create", out, "org/other:2", "--with-referrers");
  assert.equal(made.code, 0, made.err);
  assert.equal((await it.far.bundle("load", out)).code, 0);
  const found = await it.far.cache((cache) => cache.referrers("hub/org/other", other.root.digest));
  assert.deepEqual(found.map(({ digest, tag }) => [digest, tag]), [
    [signature.root.digest, ""],
    [old.root.digest, cosign],
  ]);
});

Deno.test("berth bundle, --since leaves out what the earlier one has, and names it where it lacks", async () => {
  await using it = await sites({ images });
  const { near, far, upstream } = it;
  const [first, second] = [it.at("1.tar"), it.at("2.tar")];
  const one = ["--platform", "linux/amd64"];
  await near.bundle("create", first, "org/app:1", ...one);
  upstream.add("org/app:3", image({ seed: 5, layers: [3000] }));
  const made = await near.bundle(
    ...["create", second, "org/app:1", "org/app:3", "--since", first, "--json", ...one] as const,
  );
  assert.equal(made.code, 0, made.err);
  const { blobs, left } = JSON.parse(made.out);
  assert.deepEqual([blobs, left.blobs], [3, 6]);

  const early = await far.bundle("load", second);
  assert.equal(early.code, 1);
  assert.match(early.err, /builds on an earlier bundle .* of which 6 blobs .* such as sha256:/);
  assert.deepEqual(await far.cache(tagsIn), {});
  await far.bundle("load", first);
  const late = await far.bundle("load", second);
  assert.equal(late.code, 0, late.err);
  assert.deepEqual(Object.keys(await far.cache(tagsIn)), ["hub/org/app:1", "hub/org/app:3"]);

  const third = it.at("3.tar");
  const chain = await near.bundle(
    "create",
    third,
    "org/app:1",
    "org/app:3",
    "--since",
    second,
    ...one,
  );
  assert.match(chain.out, /2 images, 0 blobs, .*; 9 blobs .* in the earlier one/);
  const bare = await near.bundle("create", third, "org/app:1", "--since", it.at("gone.tar"));
  assert.deepEqual([bare.code, /--since .*gone\.tar: cannot read/.test(bare.err)], [1, true]);
});

Deno.test("berth bundle, in parts: by the first, by all, never without one", async () => {
  const large = image({ seed: 9, layers: [2 ** 20, 2 ** 20] });
  await using it = await sites({ images: { "org/big:1": large } });
  const { near, far } = it;
  const out = it.at("out.tar");
  const parts = [1, 2, 3].map((number) => `${out}.00${number}`);
  await Deno.writeTextFile(`${out}.004`, "of a former one");
  await Deno.writeTextFile(`${out}.005.incomplete`, "of one that was killed");
  const made = await near.bundle("create", out, "org/big:1", "--split", "1MiB");
  assert.match(made.out, /out\.tar\.001\n.*out\.tar\.002\n.*out\.tar\.003\n1 image/);
  const sizes = await Promise.all(parts.map(async (part) => (await Deno.stat(part)).size));
  assert.deepEqual(sizes.slice(0, 2), [2 ** 20, 2 ** 20]);
  const names = await Array.fromAsync(Deno.readDir(dirname(out)), ({ name }) => name);
  assert.deepEqual(names.sort(), parts.map((part) => basename(part)));
  const held = await Deno.readFile(parts[1]!);
  await Deno.remove(parts[1]!);
  const without = await far.bundle("load", parts[0]!);
  assert.match(without.err, /out\.tar\.002 is missing: every part is needed/);
  await Deno.writeFile(parts[1]!, held);
  await Deno.rename(parts[2]!, it.at("last"));
  assert.match((await far.bundle("load", out)).err, /cut off: it ends within .* or lacks a part/);
  await Deno.rename(it.at("last"), parts[2]!);
  for (const operands of [[parts[0]!], [...parts].reverse(), [out]]) {
    const loaded = await far.bundle("load", ...operands);
    assert.equal(loaded.code, 0, loaded.err);
  }
});

Deno.test("berth bundle create, what cannot be done is said, and what was there stays", async () => {
  await using it = await sites({ images });
  const out = it.at("out.tar");
  await Deno.writeTextFile(out, "as it was");
  await Deno.writeTextFile(it.at("empty.txt"), "# nothing\n");
  const rows: [string[], number, RegExp][] = [
    [[], 2, /expected the name of the bundle/],
    [[out], 2, /expected an image, or --images-from FILE/],
    [[out, "org/gone:1"], 1, /hub\/org\/gone:1: failed: .*gone/],
    [[out, "org/app:1", "--platform", "linux/s390x"], 1, /there is no linux\/s390x; it has linux/],
    [[out, "org/app:1", "--split", "12"], 2, /--split 12: expected a size such as 4GiB/],
    [[out, "org/app:1", "--key", it.at("none.pem")], 1, /--key .*none\.pem: there is no such file/],
    [[out, "org/app:1", "--key", out], 1, /expected a private key in PEM/],
    [[out, "--images-from", it.at("empty.txt")], 1, /no image found/],
    [[it.at("no/out.tar"), "org/app:1"], 1, /cannot write .*: there is no such directory/],
  ];
  for (const [args, code, message] of rows) {
    const result = await it.near.bundle("create", ...args);
    assert.match(result.err, message);
    assert.equal(result.code, code, result.err);
  }
  assert.equal(await Deno.readTextFile(out), "as it was");
});
