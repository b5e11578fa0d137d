import assert from "node:assert/strict";
import type { CachedImage, CachedTag } from "../../../ui/api/schema/cache.ts";
import type { ImageConfig, ImageDetails } from "../../../ui/api/schema/image.ts";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";
import { contentOf, putIndex, type Stored } from "../../fake/images.ts";

const OCI = "application/vnd.oci.image";
const KEY = "docker/team/app";
const CONFIG = JSON.stringify({
  os: "linux",
  architecture: "amd64",
  config: { Entrypoint: ["/app"], Env: ["A=1"], Labels: { note: "<script>alert(1)</script>" } },
  history: [
    { created_by: "COPY base /" },
    { created_by: "ENV A=1", empty_layer: true },
    { created_by: "COPY app /" },
  ],
});

async function ask<T>(admin: AdminFixture, path: string, status = 200): Promise<T> {
  const response = await admin.call(path);
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text) as T;
}

function described(mediaType: string, { digest, bytes }: Stored) {
  return { mediaType, digest, size: bytes.length };
}

interface Put {
  tag?: string;
  /** Stored beside the manifest. */
  stored: Stored[];
}

/** Stores a manifest of `KEY`; returns it. */
async function put(admin: AdminFixture, manifest: object, { tag, stored }: Put): Promise<Stored> {
  const content = contentOf(JSON.stringify({ schemaVersion: 2, ...manifest }));
  const mediaType = `${OCI}.manifest.v1+json`;
  for (const { digest, bytes } of stored) {
    await admin.cache.put(digest, bytes, "application/octet-stream", KEY);
  }
  await admin.cache.put(content.digest, content.bytes, mediaType, KEY);
  if (tag !== undefined) {
    admin.cache.setTag({ registry: "docker", repository: "team/app", tag, accept: "*/*" }, {
      digest: content.digest,
      mediaType,
      size: content.bytes.length,
      checkedAt: 1000,
    });
  }
  return content;
}

/** An image of two layers, of which the second is not cached. */
async function filled() {
  const admin = await adminFixture();
  const [config, base, app] = [CONFIG, "base layer", "app layer"].map(contentOf) as [
    Stored,
    Stored,
    Stored,
  ];
  const image = await put(admin, {
    config: described(`${OCI}.config.v1+json`, config),
    layers: [base, app].map((layer) => described(`${OCI}.layer.v1.tar+gzip`, layer)),
    annotations: { version: "1" },
  }, { tag: "v1", stored: [config, base] });
  return { admin, image, config, base, app };
}

const pathOf = (reference: string) =>
  `/cache/image?registry=docker&repository=team/app&reference=${encodeURIComponent(reference)}`;

Deno.test("image, by tag and by digest: platform, sizes, what is cached, the registry's page", async () => {
  const { admin, image, config, base, app } = await filled();
  await using _ = admin;
  const byTag = await ask<ImageDetails>(admin, pathOf("v1"));
  assert.deepEqual([byTag.tag, byTag.digest, byTag.kind], ["v1", image.digest, "manifest"]);
  assert.equal(byTag.page, "https://hub.docker.com/r/team/app");
  assert.deepEqual(byTag.platforms, [{
    digest: image.digest,
    platform: "linux/amd64",
    cached: true,
    size: config.bytes.length + base.bytes.length + app.bytes.length,
    layers: 2,
    cachedBytes: config.bytes.length + base.bytes.length,
  }]);
  const byDigest = await ask<ImageDetails>(admin, pathOf(image.digest));
  assert.deepEqual([byDigest.tag, byDigest.checkedAt], ["", null]);
  await ask(admin, pathOf("v2"), 404);
  await ask(admin, pathOf(base.digest), 404);
  await ask(admin, pathOf(contentOf("unknown").digest), 404);
});

Deno.test("image, an index has its platforms, those that are not cached too, and no attestations among them", async () => {
  const { admin, image } = await filled();
  await using _ = admin;
  const absent = contentOf("not here").digest;
  const provenance = contentOf("provenance").digest;
  await putIndex(admin.cache, `${KEY}:all`, {
    "linux/amd64": image.digest,
    "linux/arm64": absent,
    "unknown/unknown": provenance,
  });
  const { platforms, referrers } = await ask<ImageDetails>(admin, pathOf("all"));
  assert.deepEqual(platforms.map(({ platform, cached, layers }) => [platform, cached, layers]), [
    ["linux/amd64", true, 2],
    ["linux/arm64", false, null],
  ]);
  assert.deepEqual(referrers.map(({ kind, digest, cached }) => [kind, digest, cached]), [
    ["attestation", provenance, false],
  ]);
});

Deno.test("image, its config, labels as text, history with the layers that it made", async () => {
  const { admin, image, base, app } = await filled();
  await using _ = admin;
  const config = await ask<ImageConfig>(admin, `/cache/manifests/${image.digest}/config`);
  assert.equal(config.state, "read");
  assert.deepEqual(config.parsed!.entrypoint, ["/app"]);
  assert.deepEqual(config.parsed!.env, ["A"]);
  assert.deepEqual(config.parsed!.labels, [{ name: "note", value: "<script>alert(1)</script>" }]);
  assert.deepEqual(config.annotations, [{ name: "version", value: "1" }]);
  assert.deepEqual(
    config.history.map(({ command, layer }) => [command, layer?.digest, layer?.cached]),
    [
      ["COPY base /", base.digest, true],
      ["ENV A=1", undefined, undefined],
      ["COPY app /", app.digest, false],
    ],
  );
  await ask(admin, `/cache/manifests/${base.digest}/config`, 404);
});

Deno.test("image, a config that is absent, too large, damaged or of an artifact says so", async () => {
  const { admin, config } = await filled();
  await using _ = admin;
  const large = contentOf(JSON.stringify({ author: "x".repeat(2 ** 20) }));
  const text = contentOf("no JSON");
  for (
    const [mediaType, content, stored, state] of [
      [`${OCI}.config.v1+json`, contentOf("{}"), [], "absent"],
      [`${OCI}.config.v1+json`, large, [large], "too-large"],
      [`${OCI}.config.v1+json`, text, [text], "unreadable"],
      ["application/vnd.cncf.helm.config.v1+json", config, [], "none"],
    ] as const
  ) {
    const manifest = { config: described(mediaType, content), layers: [] };
    const { digest } = await put(admin, manifest, { stored: [...stored] });
    const found = await ask<ImageConfig>(admin, `/cache/manifests/${digest}/config`);
    assert.deepEqual([found.state, found.parsed, found.history], [state, null, []]);
  }
});

Deno.test("image, history that does not fit the layers is left out", async () => {
  const { admin, config, base } = await filled();
  await using _ = admin;
  const { digest } = await put(admin, {
    config: described(`${OCI}.config.v1+json`, config),
    layers: [described(`${OCI}.layer.v1.tar+gzip`, base)],
  }, { stored: [] });
  const found = await ask<ImageConfig>(admin, `/cache/manifests/${digest}/config`);
  assert.deepEqual([found.history, found.layers.length], [[], 1]);
});

Deno.test("image, signatures hang under it and are no tags, until it is gone", async () => {
  const { admin, image } = await filled();
  await using _ = admin;
  const hex = image.digest.slice("sha256:".length);
  const empty = contentOf("{}");
  const subject = described(`${OCI}.manifest.v1+json`, image);
  const cosign = await put(admin, {
    config: described(`${OCI}.config.v1+json`, empty),
    layers: [described("application/vnd.dev.cosign.simplesigning.v1+json", contentOf("signed"))],
  }, { tag: `sha256-${hex}.sig`, stored: [] });
  const sbom = await put(admin, {
    artifactType: "application/spdx+json",
    config: described("application/vnd.oci.empty.v1+json", empty),
    layers: [],
    subject,
  }, { stored: [] });
  const listed = await put(admin, { manifests: [] }, { stored: [] });
  const list = contentOf(JSON.stringify({
    schemaVersion: 2,
    manifests: [described(`${OCI}.manifest.v1+json`, listed), subjectless()],
  }));
  await admin.cache.put(list.digest, list.bytes, `${OCI}.index.v1+json`, KEY);
  admin.cache.setTag(
    { registry: "docker", repository: "team/app", tag: `sha256-${hex}`, accept: "*/*" },
    { digest: list.digest, mediaType: `${OCI}.index.v1+json`, size: 1, checkedAt: 1 },
  );
  const { referrers } = await ask<ImageDetails>(admin, pathOf("v1"));
  assert.deepEqual(
    referrers.map(({ kind, digest, tag, cached }) => [kind, digest, tag, cached]),
    [
      ["sbom", sbom.digest, "", true],
      ["other", listed.digest, `sha256-${hex}`, true],
      ["other", subjectless().digest, `sha256-${hex}`, false],
      ["signature", cosign.digest, `sha256-${hex}.sig`, true],
    ],
  );
  const tags = async () => {
    const path = "/cache/tags?registry=docker&repository=team/app";
    const { items, total } = await ask<{ items: CachedTag[]; total: number }>(admin, path);
    assert.equal(items.length, total);
    return items.map(({ tag }) => tag);
  };
  const images = () => ask<{ items: CachedImage[] }>(admin, "/cache/images");
  assert.deepEqual(await tags(), ["v1"]);
  assert.deepEqual((await images()).items.map((item) => item.tags), [1]);
  await admin.cache.evict({ repository: KEY, tag: "v1" });
  assert.deepEqual((await tags()).filter((tag) => tag !== ""), [
    `sha256-${hex}`,
    `sha256-${hex}.sig`,
  ]);
});

function subjectless() {
  return described(`${OCI}.manifest.v1+json`, contentOf("an attestation that is not here"));
}

Deno.test("image, looking at it is no use of it", async () => {
  const { admin, image, config } = await filled();
  await using _ = admin;
  const before = [image, config].map(({ digest }) => admin.cache.stat(digest)!);
  await ask(admin, pathOf("v1"));
  await ask(admin, `/cache/manifests/${image.digest}/config`);
  for (const { digest, hits, lastUsed } of before) {
    const now = admin.cache.stat(digest)!;
    assert.deepEqual([now.hits, now.lastUsed], [hits, lastUsed]);
  }
});
