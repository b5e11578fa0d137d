import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { create } from "tar";
import { loadBundle } from "../../../cli/bundle/load.ts";
import { transferWith } from "../../../cli/bundle/transfer.ts";
import { CHECKSUM_FILE, checksumOf, MANIFEST_FILE } from "../../../cli/bundle/manifest.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { image } from "../../fake/content.ts";
import { type Sites, sites, tagsIn } from "./sites.ts";
import { tar } from "../../e2e/harness/tar.ts";

const app = image({ layers: [300_000, 2000] });
const images = { "org/app:1": app };

/** A bundle of `org/app:1`, and what it holds. */
async function bundled(it: Sites, ...flags: string[]) {
  const path = it.at("out.tar");
  const made = await it.near.bundle("create", path, "org/app:1", ...flags);
  assert.equal(made.code, 0, made.err);
  return { path, bytes: await Deno.readFile(path) };
}

/** Fails unless the bundle is refused with those words, and has left no name behind. */
async function refused(it: Sites, path: string, message: RegExp, ...flags: string[]) {
  const result = await it.far.bundle("load", path, ...flags);
  assert.match(result.err, message);
  assert.equal(result.code, 1, result.err);
  await it.far.cache((cache) => {
    assert.deepEqual(tagsIn(cache), {});
    assert.deepEqual(cache.pins(), []);
  });
}

/** Where `text` begins in `bytes`. */
function placeOf(bytes: Uint8Array, text: string): number {
  return new TextDecoder("latin1").decode(bytes).indexOf(text);
}

Deno.test("berth bundle load, one flipped bit anywhere is refused, and named", async () => {
  await using it = await sites({ images });
  const { path, bytes } = await bundled(it);
  const hex = (digest: string) => digest.slice("sha256:".length);
  const [config, large] = app.blobs;
  const inside = (digest: string, by: number) => {
    const entry = placeOf(bytes, `blobs/sha256/${hex(digest)}\0`);
    return entry + 512 + by;
  };
  // In the order in which they come: what is here already is not taken from the bundle.
  const rows: [number, RegExp][] = [
    [inside(config!.digest, 3), new RegExp(`${config!.digest} was altered`)],
    [inside(app.root.digest, 9), new RegExp(`${app.root.digest} was altered`)],
    [inside(large!.digest, 5), new RegExp(`${large!.digest} was altered: .* has is sha256:`)],
    [inside(large!.digest, 299_999), new RegExp(`${large!.digest} was altered`)],
    [placeOf(bytes, '"io.containerd.image.name"') + 30, /index\.json was altered/],
    [placeOf(bytes, '"RepoTags"') + 15, /manifest\.json was altered/],
    [placeOf(bytes, '"needs"') + 3, /berth-bundle\.json was altered/],
    [placeOf(bytes, "  berth-bundle.json") - 9, /berth-bundle\.json was altered/],
    [placeOf(bytes, `blobs/sha256/${hex(large!.digest)}\0`) + 20, /damaged at byte \d+/],
    [3, /it is no tar archive/],
  ];
  for (const [at, message] of rows) {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    await Deno.writeFile(path, changed);
    await refused(it, path, message);
  }
  await Deno.writeFile(path, bytes);
  assert.equal((await it.far.bundle("load", path)).code, 0);
});

Deno.test("berth bundle load, one that is cut is refused wherever that is", async () => {
  await using it = await sites({ images });
  const { path, bytes } = await bundled(it);
  const last = placeOf(bytes, `blobs/sha256/${app.blobs.at(-1)!.digest.slice(7)}\0`);
  for (const size of [0, 100, 700, 5000, last, last + 512, bytes.length - 1024]) {
    await Deno.writeFile(path, bytes.subarray(0, size));
    await refused(it, path, /it is cut off: it ends|no tar archive/);
  }
});

Deno.test("berth bundle load, what has no business in a bundle is refused", async () => {
  await using it = await sites({ images });
  const { path, bytes } = await bundled(it);
  const dir = it.at("dir");
  await Deno.mkdir(dir);
  await Deno.symlink("/etc/passwd", `${dir}/index.json`);
  await create({ file: it.at("link.tar"), cwd: dir }, ["index.json"]);
  const text = (words: string) => new TextEncoder().encode(words);
  const archive = async (files: Record<string, string>) => {
    const held = Object.entries(files).map(([name, words]) => [name, text(words)]);
    await Deno.writeFile(it.at("made.tar"), tar(Object.fromEntries(held)));
    return it.at("made.tar");
  };
  const newer = text(JSON.stringify({ version: 2 }));
  const layout = '{"imageLayoutVersion":"1.0.0"}';
  const rows: [string | Record<string, string>, RegExp][] = [
    [it.at("link.tar"), /the link index\.json leads out of the archive/],
    [dir, /index\.json is neither a file nor a directory/],
    [{ "../evil": "" }, /"\.\.\/evil" leads out of the archive/],
    [{ "/etc/evil": "" }, /"\/etc\/evil" leads out of the archive/],
    [{ "a/../../evil": "" }, /leads out of the archive/],
    [{ "oci-layout": layout }, /it is no bundle: expected one of Berth's, an OCI image layout/],
    [{ "index.json": "{}" }, /oci-layout is missing/],
    [{ "index.json": "{}", "oci-layout": '{"imageLayoutVersion":"2.0.0"}' }, /layout 2\.0\.0/],
    [{ "index.json": "{}", "oci-layout": layout }, /it holds no image/],
    [{ "index.json": "{", "oci-layout": layout }, /index\.json is damaged/],
    [{ [MANIFEST_FILE]: "{}" }, /it lacks berth-bundle\.sha256/],
    [
      { [MANIFEST_FILE]: new TextDecoder().decode(newer), [CHECKSUM_FILE]: checksumOf(newer) },
      /made by a newer version of Berth \(form 2; this one reads 1\)/,
    ],
    [it.at("nothing.tar"), /cannot read .*nothing\.tar: there is no such file/],
  ];
  for (const [given, message] of rows) {
    await refused(it, typeof given === "string" ? given : await archive(given), message);
  }
  const more = tar({ "more": text("x") });
  await Deno.writeFile(path, new Uint8Array([...bytes.subarray(0, -1024), ...more]));
  await refused(it, path, /more does not belong to it/);
  const zipped = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(path, await new Response(zipped).bytes());
  await refused(it, path, /it is compressed: unpack it with gunzip first/);
});

Deno.test("berth bundle load, signed by whom --key names, or refused", async () => {
  await using it = await sites({ images });
  const ed = generateKeyPairSync("ed25519");
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const write = async (name: string, { privateKey, publicKey }: typeof ed) => {
    await Deno.writeTextFile(
      it.at(name),
      String(privateKey.export({ type: "pkcs8", format: "pem" })),
    );
    const pem = String(publicKey.export({ type: "spki", format: "pem" }));
    await Deno.writeTextFile(it.at(`${name}.pub`), pem);
  };
  await write("ed", ed);
  await write("ec", ec);
  await write("rsa", rsa);
  const { path } = await bundled(it);
  await refused(
    it,
    path,
    /it is not signed, and --key asks for a signature/,
    "--key",
    it.at("ed.pub"),
  );
  const odd = await it.near.bundle("create", path, "org/app:1", "--key", it.at("rsa"));
  assert.match(odd.err, /found a key for rsa, expected ECDSA or Ed25519/);
  for (const [name, other] of [["ed", "ec"], ["ec", "ed"]] as const) {
    const { path, bytes } = await bundled(it, "--key", it.at(name));
    await refused(
      it,
      path,
      /its signature is not by the key that --key names/,
      "--key",
      it.at(`${other}.pub`),
    );
    const at = placeOf(bytes, "berth-bundle.sig\0") + 512 + 20;
    bytes[at] = bytes[at] === 65 ? 66 : 65;
    await Deno.writeFile(it.at("forged.tar"), bytes);
    await refused(
      it,
      it.at("forged.tar"),
      /its signature is not by/,
      "--key",
      it.at(`${name}.pub`),
    );
  }
  const { path: signed } = await bundled(it, "--key", it.at("ec"));
  const loaded = await it.far.bundle("load", signed, "--key", it.at("ec.pub"));
  assert.equal(loaded.code, 0, loaded.err);
  const unchecked = await it.far.bundle("load", signed);
  assert.match(unchecked.out, /its signature was not checked \(--key\)/);
});

Deno.test("berth bundle load, what has no room is said before it begins", async () => {
  await using it = await sites({ images }, { far: { cache: { max_size: "100KiB" } } });
  const { path } = await bundled(it);
  await refused(it, path, /29\d KiB are to come .* room for 100 KiB: 19\d KiB are missing/);
  assert.equal((await it.far.cache((cache) => cache.usage())).blobs, 0);
});

Deno.test("berth bundle load, a registry that is not known there is named", async () => {
  const registries = { elsewhere: { url: "https://r.example", offline: true } };
  const far = { registries, default_registry: "elsewhere" };
  await using it = await sites({ images }, { far });
  const { path } = await bundled(it);
  await refused(
    it,
    path,
    /expected an image, .* with one of .*; add its registry to registries, with offline: true/,
  );
});

Deno.test("berth bundle load, broken off it has named nothing, and goes on from there", async () => {
  await using it = await sites({ images });
  const { path } = await bundled(it);
  const config = configSchema.parse({
    registries: { hub: { url: it.upstream.url, offline: true } },
  });
  const options = { paths: [path], key: undefined, name: "" };
  await it.far.cache(async (cache) => {
    const transfer = transferWith(cache);
    let left = 2;
    const broken = {
      ...transfer,
      usage: () => cache.usage(),
      take: (...args: Parameters<typeof transfer.take>) => {
        if (left-- === 0) throw new Error("the machine lost its power");
        return transfer.take(...args);
      },
    };
    const means = { config, now: Date.now, progress: () => {} };
    await assert.rejects(loadBundle(options, { ...means, cache: broken }), /lost its power/);
    assert.deepEqual([tagsIn(cache), cache.pins(), (await cache.usage()).blobs], [{}, [], 2]);
    left = Infinity;
    const { came, here } = await loadBundle(options, { ...means, cache: broken });
    assert.deepEqual([came.blobs, here.blobs], [2, 2]);
    assert.deepEqual(tagsIn(cache), { "hub/org/app:1": app.root.digest });
  });
});
