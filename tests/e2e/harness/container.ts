/**
 * What a proxy's page calls its container, and a machine that uses it: Berth runs in a root of its own
 * with the volumes and the hosts file that a test gives it; clients run outside.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { giveToBerth } from "./account.ts";
import { type DropIn, type DropInOptions, startAs } from "./dropin.ts";
import { buildImage, type Image } from "./image.ts";
import { run } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { layoutDigests, skopeoPullAs } from "./skopeo.ts";
import { type SystemRoot, systemRoot } from "./system_root.ts";

export type Env = Record<string, string>;

export class Container implements AsyncDisposable {
  private constructor(
    /** Its files. */
    readonly root: SystemRoot,
    /** For files of the client's. */
    readonly dir: string,
    readonly image: Image,
    private readonly stack: AsyncDisposableStack,
  ) {}

  static async create(): Promise<Container> {
    await using stack = new AsyncDisposableStack();
    const root = stack.use(await systemRoot());
    const dir = stack.use(await scratchDir("client")).path;
    const image = await buildImage(join(dir, "image"), 2_000_000);
    return new Container(root, dir, image, stack.move());
  }

  /** Mounts volumes, which is to say makes directories. */
  async mount(...volumes: string[]): Promise<void> {
    for (const volume of volumes) {
      await Deno.mkdir(join(this.root.path, volume));
      await giveToBerth(join(this.root.path, volume));
    }
  }

  start(options: Omit<DropInOptions, "root">): Promise<DropIn> {
    return startAs({ ...options, root: this.root });
  }

  /** Pulls every platform with skopeo and checks every byte. */
  async pull(env: Env, repository: string, { tag, digests } = this.image): Promise<void> {
    await using scratch = await scratchDir("pulled");
    await skopeoPullAs(env, `${repository}:${tag}`, scratch.path);
    assert.deepEqual(await layoutDigests(scratch.path), digests, repository);
  }

  /** Pushes every platform with skopeo. */
  async push(env: Env, repository: string): Promise<void> {
    const { path, tag } = this.image;
    const copy = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
    await run("skopeo", [...copy, `oci:${path}:${tag}`, `docker://${repository}:${tag}`], { env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

/** What a client is told of the proxy at `url`: that, and the CA to trust. */
export function through(url: string, caFile: string): Env {
  return { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: "", SSL_CERT_FILE: caFile };
}

/** A test with a container; overlays, names and port 443 take root. */
export function containerTest(name: string, fn: (box: Container) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.uid() !== 0,
    async fn() {
      await using box = await Container.create();
      await fn(box);
    },
  });
}
