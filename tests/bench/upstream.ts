/**
 * The upstream of a run: files laid out as a registry and served by nginx, which is fast enough to
 * leave the time to the proxy in front of it. Its access log counts what reaches it.
 */
import { createHash, randomFillSync } from "node:crypto";
import { join } from "node:path";
import { startNginx } from "../e2e/harness/nginx.ts";
import type { Running } from "../e2e/harness/process.ts";
import { freePort } from "../fake/ports.ts";

export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

export const REPOSITORY = "bench/app";
export const TAG = "1.0";
export const SMALL = 4 << 10;

export interface Upstream extends AsyncDisposable {
  readonly url: string;
  /** A path of a blob of `size` bytes, no more than the largest, that nobody has asked for yet. */
  freshBlob(size: number): Promise<string>;
  /** How many GETs of a path have been answered so far. */
  gets(path: string): Promise<number>;
  /** Starts over with the registry limited to so many bytes a second for each connection; 0: none. */
  limit(bytesPerSecond: number): Promise<void>;
}

/** Starts the upstream in `dir` for blobs of up to `largest` bytes (whole MiB), with one manifest under `REPOSITORY:TAG`. */
export async function startUpstream(dir: string, largest: number): Promise<Upstream> {
  const port = freePort();
  const log = join(dir, "access.log");
  const root = join(dir, "www");
  const blobs = join(root, "v2", REPOSITORY, "blobs");
  const manifests = join(root, "v2", REPOSITORY, "manifests");
  await Deno.mkdir(blobs, { recursive: true });
  await Deno.mkdir(manifests, { recursive: true });
  const nginx = { process: undefined as Running | undefined };

  const digest = await putManifest(blobs, manifests);
  const large = new Uint8Array(largest);
  for (let at = 0; at < largest; at += 1 << 20) randomFillSync(large, at, 1 << 20);

  const limit = async (bytesPerSecond: number) => {
    await nginx.process?.[Symbol.asyncDispose]();
    nginx.process = await startNginx(dir, port, conf(port, root, log, digest, bytesPerSecond));
  };
  await limit(0);
  let made = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async freshBlob(size) {
      const bytes = large.subarray(0, size);
      new DataView(large.buffer).setUint32(0, ++made); // Another content, and so another digest.
      return `/v2/${REPOSITORY}/blobs/${await put(blobs, bytes)}`;
    },
    async gets(path) {
      const lines = (await Deno.readTextFile(log)).split("\n");
      return lines.filter((line) => line === `GET ${path}`).length;
    },
    limit,
    async [Symbol.asyncDispose]() {
      await nginx.process?.[Symbol.asyncDispose]();
    },
  };
}

/** Writes bytes under their digest into `dir`. */
async function put(dir: string, bytes: Uint8Array): Promise<string> {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  await Deno.writeFile(join(dir, digest), bytes);
  return digest;
}

async function putManifest(blobs: string, manifests: string): Promise<string> {
  const descriptor = async (mediaType: string, size: number) => {
    const bytes = randomFillSync(new Uint8Array(size));
    return { mediaType, digest: await put(blobs, bytes), size };
  };
  const manifest = new TextEncoder().encode(JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: await descriptor("application/vnd.oci.image.config.v1+json", SMALL),
    layers: [await descriptor("application/vnd.oci.image.layer.v1.tar+gzip", SMALL)],
  }));
  await Deno.writeFile(join(manifests, TAG), manifest);
  return await put(manifests, manifest);
}

function conf(
  port: number,
  root: string,
  log: string,
  manifest: string,
  bytesPerSecond: number,
): string {
  return `
log_format line "$request_method $uri";
access_log ${log} line;
keepalive_requests 1000000;
server {
  listen 127.0.0.1:${port};
  root ${root};
  default_type application/octet-stream;
  limit_rate ${bytesPerSecond};
  add_header Docker-Distribution-API-Version registry/2.0;
  location = /v2/ { default_type application/json; return 200 "{}"; }
  location /v2/${REPOSITORY}/manifests/ {
    default_type ${MANIFEST};
    add_header Docker-Distribution-API-Version registry/2.0;
    add_header Docker-Content-Digest ${manifest};
  }
}`;
}
