import assert from "node:assert/strict";
import { parseCommandLine } from "../../cli/command_line.ts";
import { commandNamed } from "../../cli/commands.ts";
import { demoImages } from "../../cli/demo/images.ts";
import { serveImages } from "../../cli/demo/registry.ts";
import { digestOf } from "../fake/content.ts";

Deno.test("demoImages, the same bytes each time; each digest is that of its bytes", () => {
  const images = demoImages();
  assert.deepEqual(images.map(({ repository, tag }) => `${repository}:${tag}`), [
    "demo/hello:1.0",
    "demo/web:2.1",
    "demo/web:2.2",
    "demo/db:16",
  ]);
  const all = images.flatMap(({ index, manifests, blobs }) => [index, ...manifests, ...blobs]);
  for (const { digest, bytes } of all) assert.equal(digestOf(bytes), digest);
  assert.equal(
    images[0]!.index.digest,
    "sha256:4ebec5d5f499b1c13bfd8f763aa02e57dddfd649281b93aa6b515b1e915afd4f",
    "anybody who has noted a digest of the demonstration would not find it any more",
  );
  const shared = images.map(({ blobs }) => blobs[1]!.digest);
  assert.equal(new Set(shared).size, 1);
});

Deno.test("demoImages, a layer is an archive that tar reads", async () => {
  const layer = demoImages()[0]!.blobs[2]!;
  const child = new Deno.Command("tar", {
    args: ["-tvf", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(layer.bytes);
  await writer.close();
  const { success, stdout } = await child.output();
  assert.ok(success);
  assert.match(new TextDecoder().decode(stdout), /^-rw-r--r-- .* 20480 .* opt\/hello\n$/);
});

Deno.test("serveImages, by tag and by digest, in part, and what is not there", async () => {
  const [image] = demoImages();
  await using registry = serveImages([image!]);
  const get = (path: string, init?: RequestInit) => fetch(`${registry.url}/v2/demo/${path}`, init);
  const tag = await get("hello/manifests/1.0");
  assert.equal(tag.headers.get("docker-content-digest"), image!.index.digest);
  assert.deepEqual(new Uint8Array(await tag.arrayBuffer()), image!.index.bytes);
  const { digest, bytes } = image!.blobs[0]!;
  const head = await get(`hello/blobs/${digest}`, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(bytes.length));
  const rest = await get(`hello/blobs/${digest}`, { headers: { range: "bytes=10-" } });
  assert.equal(rest.status, 206);
  assert.deepEqual(new Uint8Array(await rest.arrayBuffer()), bytes.subarray(10));
  const missing = await get("hello/manifests/2.0");
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).errors[0].code, "MANIFEST_UNKNOWN");
});

Deno.test("berth demo, the addresses are the ones that are asked for", () => {
  const args = ["--listen", "127.0.0.1:8080", "-admin-listen=[::1]:0"];
  const { values } = parseCommandLine(commandNamed("demo"), args);
  assert.equal(values.get("--listen"), "127.0.0.1:8080");
  assert.equal(values.get("--admin-listen"), "[::1]:0");
  const { settings } = parseCommandLine(commandNamed("pull"), ["--cache-dir", "x", "app"]);
  assert.deepEqual(settings, ["--cache-dir=x"]);
});
