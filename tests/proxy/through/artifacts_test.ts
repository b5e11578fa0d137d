import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import {
  descriptor,
  type FakeImage,
  OCI_MANIFEST,
  type Stored,
  stored,
} from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const EMPTY = stored({}, "application/vnd.oci.empty.v1+json");
const NOTHING = stored(bytes(""), "application/octet-stream");
const ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json";

function artifact(config: Stored, layers: Stored[], more: object = {}): FakeImage {
  const root = stored({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config),
    layers: layers.map(descriptor),
    ...more,
  }, OCI_MANIFEST);
  return { root, manifests: [root], blobs: [config, ...layers] };
}

/** As `oras push` and Helm make them, and ORAS' earlier manifest type without a config. */
const artifacts: Record<string, FakeImage> = {
  "config of its own": artifact(
    stored({ kind: "policy" }, "application/vnd.acme.policy.config.v1+json"),
    [stored(bytes("allow = true\n"), "text/x-rego")],
  ),
  "artifactType, empty config, no layers": artifact(EMPTY, [], {
    artifactType: "application/vnd.acme.marker",
  }),
  "artifactType, empty config as the layer": artifact(EMPTY, [EMPTY], {
    artifactType: "application/vnd.acme.marker",
  }),
  "a layer without a byte": artifact(EMPTY, [NOTHING, stored(bytes("x"), "text/plain")]),
  "a chart": artifact(
    stored({ name: "chart" }, "application/vnd.cncf.helm.config.v1+json"),
    [stored(bytes("tgz"), "application/vnd.cncf.helm.chart.content.v1.tar+gzip")],
    { annotations: { "org.opencontainers.image.title": "chart" } },
  ),
  "an artifact manifest": (() => {
    const blob = stored(bytes("sbom"), "application/spdx+json");
    const root = stored(
      { mediaType: ARTIFACT, artifactType: "application/spdx", blobs: [descriptor(blob)] },
      ARTIFACT,
    );
    return { root, manifests: [root], blobs: [blob] };
  })(),
};

/** What `oras manifest fetch` sends, and what a client sends that knows one type. */
const ACCEPTS = [
  [OCI_MANIFEST, ARTIFACT, "application/vnd.oci.image.index.v1+json", "*/*"].join(", "),
  undefined,
];

for (const cached of [false, true]) {
  for (const [title, it] of Object.entries(artifacts)) {
    Deno.test(`artifacts, ${title}, ${cached ? "with" : "without"} a cache`, async () => {
      await using stack = new AsyncDisposableStack();
      const dir = await Deno.makeTempDir({ prefix: "berth-artifacts-" });
      stack.defer(() => Deno.remove(dir, { recursive: true }));
      const upstream = stack.use(await fakeRegistry({ images: { "acme/thing:1": it } }));
      const cache = cached ? await openCache({ dir, scrubRate: 0 }) : undefined;
      if (cache) stack.defer(() => cache.close());
      const proxy = stack.use(
        await startProxy(
          {
            default_registry: "hub",
            registries: { hub: { url: upstream.url, repo_prefix: "acme" } },
          },
          {},
          cache,
        ),
      );
      for (const accept of [...ACCEPTS, it.root.mediaType]) {
        const headers: Record<string, string> = accept === undefined ? {} : { accept };
        for (const reference of ["1", it.root.digest]) {
          const path = `/v2/thing/manifests/${reference}`;
          const head = await proxy.get(path, { headers, method: "HEAD" });
          assert.equal(head.headers.get("content-type"), it.root.mediaType);
          assert.equal(head.headers.get("docker-content-digest"), it.root.digest);
          assert.equal(head.headers.get("content-length"), String(it.root.bytes.length));
          const response = await proxy.get(path, { headers });
          assert.equal(response.headers.get("content-type"), it.root.mediaType);
          assert.deepEqual(await response.bytes(), it.root.bytes);
        }
      }
      for (const blob of [...it.blobs, ...it.blobs]) {
        const response = await proxy.get(`/v2/thing/blobs/${blob.digest}`);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get("content-length"), String(blob.bytes.length));
        assert.deepEqual(await response.bytes(), blob.bytes);
      }
    });
  }
}
