/** What a bundle or an archive of another tool holds, by path. Nothing is taken out of it. */
import { lstat, open, readdir, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { Parts } from "./parts.ts";
import { BundleProblem } from "./problem.ts";
import { readEntries, safePath } from "./tar.ts";

/** One file. */
export interface Held {
  /** Bytes. */
  size: number;
  /** What it holds, from that byte on. */
  open(from: number): ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface Contents extends AsyncDisposable {
  readonly files: ReadonlyMap<string, Held>;
  /** Links, with the path that each means: none but archives of `docker save` may have any. */
  readonly links: ReadonlyMap<string, string>;
}

/** Bytes of a file that describes others at the most. */
const LONGEST = 64 * 2 ** 20;

/**
 * Opens an archive, its parts, or a directory that holds an OCI layout. Throws
 * {@linkcode BundleProblem}.
 */
export async function openContents(paths: readonly string[]): Promise<Contents> {
  const [first] = paths as [string];
  const found = await stat(first).catch(() => undefined);
  if (paths.length === 1 && found?.isDirectory()) {
    const files = new Map<string, Held>();
    await walk(first, "", files);
    return { files, links: new Map(), [Symbol.asyncDispose]: async () => {} };
  }
  await using stack = new AsyncDisposableStack();
  const parts = stack.use(await Parts.open(paths));
  const files = new Map<string, Held>();
  const links = new Map<string, string>();
  for (const { path, size, from, link } of await readEntries(parts)) {
    if (files.has(path) || links.has(path)) throw new BundleProblem(`it has ${path} twice`);
    if (link) links.set(path, targetOf(path, link));
    else files.set(path, { size, open: (at) => parts.stream(from + at, size - at) });
  }
  const owned = stack.move();
  return { files, links, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What the link at `path` means, from the root of the archive. Throws where that is outside. */
function targetOf(path: string, link: string): string {
  const target = posix.normalize(posix.join(posix.dirname(path), link));
  if (link.startsWith("/") || target.startsWith("..")) {
    throw new BundleProblem(`the link ${path} leads out of the archive`);
  }
  return safePath(target);
}

async function walk(root: string, below: string, files: Map<string, Held>): Promise<void> {
  for (const name of await readdir(join(root, below))) {
    const path = below ? `${below}/${name}` : name;
    const file = join(root, path);
    const found = await lstat(file);
    if (found.isDirectory()) await walk(root, path, files);
    else if (!found.isFile()) throw new BundleProblem(`${path} is neither a file nor a directory`);
    else files.set(path, { size: found.size, open: (from) => fileFrom(file, from) });
  }
}

function fileFrom(path: string, from: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const handle = open(path);
  let at = from;
  return new ReadableStream({
    async pull(controller) {
      const file = await handle;
      const into = new Uint8Array(2 ** 18);
      const { bytesRead } = await file.read(into, 0, into.length, at);
      at += bytesRead;
      if (bytesRead > 0) return controller.enqueue(into.subarray(0, bytesRead));
      await file.close();
      controller.close();
    },
    cancel: async () => await (await handle).close(),
  }, { highWaterMark: 0 });
}

/** All of `held`, which describes other content. Throws {@linkcode BundleProblem}. */
export async function bytesOf(held: Held, path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (held.size > LONGEST) throw new BundleProblem(`${path} is too long: ${held.size} bytes`);
  return await new Response(held.open(0)).bytes();
}

/** {@linkcode bytesOf} as JSON. */
export async function jsonOf(held: Held, path: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await bytesOf(held, path)));
  } catch (error) {
    if (error instanceof BundleProblem) throw error;
    throw new BundleProblem(`${path} is damaged: it is not JSON`);
  }
}
