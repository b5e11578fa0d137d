/** `berth demo`: something to see within seconds, without a network. */
import { join } from "node:path";
import { watchConfig } from "../../proxy/config/live.ts";
import { BUILT_IN_REGISTRIES } from "../../proxy/config/registries.ts";
import { configureLog, flushLog, logWriter } from "../../proxy/observe/log.ts";
import { urlOf } from "../banner.ts";
import { parseCommandLine } from "../command_line.ts";
import { commandNamed } from "../commands.ts";
import { startProgram } from "../program.ts";
import { stopSignal } from "../serve.ts";
import { type DemoImage, demoImages, INDEX, MANIFEST } from "./images.ts";
import { serveImages } from "./registry.ts";

interface DemoIo {
  /** The directory of main.ts, inside the executable or on disk. */
  root: string;
  print(text: string): void;
  /** Resolves when the demonstration is to end; a signal where absent. */
  ended?: Promise<unknown>;
}

/** The demonstration calls itself alone, past a proxy that this machine has for others. */
const PROXIES = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/**
 * Runs `berth demo …args`: starts a registry with made-up images and a Berth in front of it, pulls
 * through it, takes the registry away, and serves until SIGTERM or SIGINT. Leaves nothing behind. The
 * result is the exit code. Throws `ListenError`.
 */
export async function demo(args: readonly string[], io: DemoIo): Promise<number> {
  const { values } = parseCommandLine(commandNamed("demo"), args);
  for (const name of PROXIES) Deno.env.delete(name);
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-demo-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const images = demoImages();
  const registry = serveImages(images);
  let isAway = false;
  stack.defer(() => isAway ? undefined : registry[Symbol.asyncDispose]());
  const file = join(dir, "config.json");
  await Deno.writeTextFile(file, configuration(dir, registry.url, values));
  const live = await watchConfig({ args: ["--config", file], env: {}, cwd: dir });
  stack.defer(() => live.close());
  // What fails here is meant to; the page tells of it.
  configureLog(live.current.log, logWriter((bytes) => Promise.resolve(bytes.length)));
  stack.defer(flushLog);
  const program = await startProgram(live, { env: {}, root: io.root });
  stack.defer(() => program.close(0));
  const { addresses } = program;
  const url = urlOf(addresses.registry);
  await tour(url, images);
  await registry[Symbol.asyncDispose]();
  isAway = true;
  await tourWithout(url, images);
  const dashboard = addresses.dashboard ? urlOf(addresses.dashboard) : "";
  io.print(whatToSee({ dashboard, url, dir }));
  await (io.ended ?? stopSignal());
  return 0;
}

function configuration(dir: string, url: string, values: ReadonlyMap<string, string>): string {
  return JSON.stringify({
    listen: values.get("--listen"),
    admin: { listen: values.get("--admin-listen"), auth: "none" },
    cache: { dir: join(dir, "cache"), max_size: "1GiB", min_free: "1MiB" },
    upstream: { retries: 0 },
    default_registry: "demo",
    registries: {
      // Nothing leaves this machine.
      ...Object.fromEntries(
        Object.keys(BUILT_IN_REGISTRIES).map((name) => [name, { enabled: false }]),
      ),
      demo: { url, library: false },
    },
  });
}

/** What clients do on an ordinary day, while the registry answers. */
async function tour(url: string, images: readonly DemoImage[]): Promise<void> {
  const [hello, web, , db] = images as [DemoImage, DemoImage, DemoImage, DemoImage];
  await pull(url, hello, "docker/28.0");
  await pull(url, web, "containerd/v2.1.4");
  await pull(url, web, "containerd/v2.1.4");
  await pull(url, db, "podman/5.4");
  await pull(url, hello, "skopeo/1.18");
  await ask(`${url}/v2/demo/nothing/manifests/latest`, "docker/28.0");
}

/** The same without it: what is cached is served, what is not is refused. */
async function tourWithout(url: string, images: readonly DemoImage[]): Promise<void> {
  const [hello, web, next] = images as [DemoImage, DemoImage, DemoImage];
  await pull(url, hello, "docker/28.0");
  await pull(url, web, "containerd/v2.1.4");
  await ask(`${url}/v2/${next.repository}/manifests/${next.tag}`, "containerd/v2.1.4");
}

/** Pulls every platform: the tag, its manifests, and what they name. */
async function pull(url: string, image: DemoImage, agent: string): Promise<void> {
  const { repository, tag, manifests, blobs } = image;
  await ask(`${url}/v2/${repository}/manifests/${tag}`, agent);
  for (const { digest } of manifests) {
    await ask(`${url}/v2/${repository}/manifests/${digest}`, agent);
  }
  for (const { digest } of blobs) await ask(`${url}/v2/${repository}/blobs/${digest}`, agent);
}

async function ask(url: string, agent: string): Promise<void> {
  const headers = { accept: `${INDEX}, ${MANIFEST}`, "user-agent": agent };
  await (await fetch(url, { headers })).bytes();
}

function whatToSee({ dashboard, url, dir }: Record<"dashboard" | "url" | "dir", string>): string {
  const host = url.replace("http://", "");
  return `A registry with four made-up images ran in this process. Three of them were pulled through
Berth, and then the registry was taken away. What was pulled is still served.

  Dashboard  ${dashboard}
  Registry   ${url}

What you see
  Overview   the registry "demo" cannot be reached; hits, and what was served all the same
  Cache      three images with their layers, the base once for all of them
  Activity   two pulls that failed: demo/nothing, which the registry did not have, and then
             demo/web:2.2, which nobody had pulled before
  Clients    who pulled what

Pull one yourself, now that its registry is gone
  docker pull ${host}/demo/hello:1.0
  skopeo copy --src-tls-verify=false docker://${host}/demo/web:2.1 oci:web

Everything is in ${dir} and is removed at the end: Ctrl+C.`;
}
