import assert from "node:assert/strict";
import { choose } from "../../../proxy/ahead/choose.ts";
import { imageOf } from "../../../proxy/ahead/image.ts";
import { noRoom } from "../../../proxy/ahead/room.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { registryMap } from "../../../proxy/names/target.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

function index(...platforms: (string | undefined)[]): Uint8Array {
  const manifests = platforms.map((platform, i) => {
    const [os, architecture, variant] = platform?.split("/") ?? [];
    const named = platform ? { platform: { os, architecture, variant } } : {};
    return { digest: digest("abcdef"[i]!), size: 1, ...named };
  });
  return new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests }));
}

Deno.test("choose, platforms with and without variants", () => {
  const bytes = index("linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7", undefined);
  const cases: [string[], string[]][] = [
    [["linux/amd64"], ["linux/amd64", ""]],
    [["linux/arm64"], ["linux/arm64/v8", ""]],
    [["linux/arm"], ["linux/arm/v6", "linux/arm/v7", ""]],
    [["linux/arm/v7"], ["linux/arm/v7", ""]],
    [["linux/amd64/v1"], ["linux/amd64", ""]],
    [[], ["linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7", ""]],
  ];
  for (const [platforms, expected] of cases) {
    const { manifests, lacking } = choose(bytes, { platforms, referrers: false });
    assert.deepEqual(manifests.map(({ platform }) => platform), expected, String(platforms));
    assert.deepEqual(lacking, []);
  }
  const { lacking } = choose(bytes, { platforms: ["linux/s390x"], referrers: false });
  assert.deepEqual(lacking, ["linux/s390x"]);
  assert.deepEqual(
    choose(index("linux/arm64"), { platforms: ["linux/arm64/v8"], referrers: false })
      .lacking,
    [],
  );
});

Deno.test("choose, layers that registries need not have are left out", () => {
  const layer = (letter: string, mediaType: string) => ({
    digest: digest(letter),
    size: 1,
    mediaType,
  });
  const { blobs } = choose(
    new TextEncoder().encode(JSON.stringify({
      schemaVersion: 2,
      config: layer("a", "application/vnd.oci.image.config.v1+json"),
      layers: [
        layer("b", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
        layer("c", "application/vnd.oci.image.layer.nondistributable.v1.tar"),
        layer("d", "application/vnd.oci.image.layer.v1.tar+gzip"),
      ],
    })),
    { platforms: [], referrers: false },
  );
  assert.deepEqual(blobs.map((blob) => blob.digest), [digest("a"), digest("d")]);
});

Deno.test("imageOf, as in pulls and as the cache lists them", () => {
  const registries = {
    docker: { url: "https://registry-1.docker.io", library: true, aliases: ["docker.io"] },
    quay: { url: "https://quay.io", aliases: ["quay.io"], platforms: ["linux/arm64"] },
  };
  const map = registryMap(configSchema.parse({ registries }));
  const cases: [string, string][] = [
    ["nginx", "docker/library/nginx:latest"],
    ["docker.io/nginx:1.27", "docker/library/nginx:1.27"],
    ["docker/library/nginx:1.27", "docker/library/nginx:1.27"],
    ["quay.io/org/app", "quay/org/app:latest"],
    [` quay/org/app@${digest("a")} `, `quay/org/app@${digest("a")}`],
    [`quay/org/app:1@${digest("a")}`, `quay/org/app@${digest("a")}`],
  ];
  for (const [word, name] of cases) assert.equal(imageOf(word, map).name, name, word);
  assert.deepEqual(imageOf("quay/org/app", map).platforms, ["linux/arm64"]);
  for (const word of ["", ":1", "quay/", "ghcr.io/org/app", "nginx@sha256:12", "a b"]) {
    assert.throws(() => imageOf(word, map), /expected|invalid/, word);
  }
});

Deno.test("noRoom, says what is missing and what limits it", () => {
  const usage = {
    blobs: 1,
    bytes: 600,
    maxSize: 1000,
    pinnedBytes: 300,
    minFree: 50,
    diskFree: 10_050,
    diskTotal: 20_000,
    memory: 0,
  };
  assert.equal(noRoom(700, usage, 0), "");
  assert.match(
    noRoom(700, usage, 100),
    /700 B are to come .* for 600 B: 100 B are missing.*max_size/,
  );
  const full = { ...usage, diskFree: 100 };
  assert.equal(noRoom(350, full, 0), "");
  assert.match(noRoom(400, full, 0), /50 B are missing \(the disk has 100 B free/);
});
