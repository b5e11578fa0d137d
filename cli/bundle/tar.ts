/** Tar archives (POSIX.1-1988, pax, GNU) by what they hold and where, without taking anything out. */
import { Buffer } from "node:buffer";
import { Header, Pax } from "tar";
import type { Parts } from "./parts.ts";
import { BundleProblem } from "./problem.ts";

/** A file in an archive. */
interface TarEntry {
  path: string;
  /** Bytes, and the first one's place in the archive. */
  size: number;
  from: number;
  /** What it is a link to; empty for a file. */
  link: string;
}

const BLOCK = 512;
/** Bytes of an extended header at the most. */
const LONGEST = 2 ** 20;
const MOST_ENTRIES = 1_000_000;

/** What comes behind the last entry. */
export const END = new Uint8Array(2 * BLOCK);

const FILES = ["File", "OldFile", "ContiguousFile"];
const LINKS = ["Link", "SymbolicLink"];

/**
 * Files and links of the archive, each once. Throws {@linkcode BundleProblem} for what is no whole
 * archive, or has something in it that has no business there.
 */
export async function readEntries(parts: Parts): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  let local: Pax | undefined;
  let global: Pax | undefined;
  for (let at = 0;;) {
    const header = headerIn(await parts.read(at, BLOCK), at, { local, global });
    if (header === undefined) return entries;
    const from = at + BLOCK;
    const { type, size = 0, path = "", linkpath = "" } = header;
    if (!Number.isSafeInteger(size)) throw new BundleProblem(`${path} has no size`);
    if (from + size > parts.size) throw cut(parts.size, path);
    at = from + padded(size);
    const body = () => textOf(parts, from, size);
    if (type === "ExtendedHeader") local = Pax.parse(await body(), local);
    else if (type === "GlobalExtendedHeader") global = Pax.parse(await body(), global, true);
    else if (type === "NextFileHasLongPath") local = with_(local, "path", await body());
    else if (type === "NextFileHasLongLinkpath") local = with_(local, "linkpath", await body());
    else {
      local = undefined;
      const link = LINKS.includes(type);
      if (type !== "Directory" && !link && !FILES.includes(type)) {
        throw new BundleProblem(`${path} is neither a file nor a directory`);
      }
      const safe = safePath(path);
      if (type !== "Directory") {
        entries.push({ path: safe, size, from, link: link ? linkpath : "" });
      }
      if (entries.length > MOST_ENTRIES) throw new BundleProblem("it has too many files");
    }
  }
}

/** The header in `block`, which is at byte `at`; `undefined` at the end of the archive. */
function headerIn(
  block: Uint8Array<ArrayBuffer>,
  at: number,
  { local, global }: { local: Pax | undefined; global: Pax | undefined },
): Header | undefined {
  if (block.length < BLOCK) throw cut(at + block.length, "");
  const header = decoded(block, local, global);
  if (header?.nullBlock) return undefined;
  if (header?.cksumValid && header.path) return header;
  if (at > 0) throw new BundleProblem(`it is damaged at byte ${at}: expected the next file's name`);
  const packed = PACKED.find(({ magic }) => magic.every((byte, index) => block[index] === byte));
  throw new BundleProblem(
    packed ? `it is compressed: unpack it with ${packed.by} first` : "it is no tar archive",
  );
}

function decoded(
  block: Uint8Array<ArrayBuffer>,
  local: Pax | undefined,
  global: Pax | undefined,
): Header | undefined {
  try {
    return new Header(Buffer.from(block.buffer), 0, local, global);
  } catch {
    return undefined; // Numbers that are none.
  }
}

const PACKED = [
  { magic: [0x1f, 0x8b], by: "gunzip" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], by: "unzstd" },
  { magic: [0xfd, 0x37, 0x7a, 0x58], by: "unxz" },
];

function cut(size: number, path: string): BundleProblem {
  const within = path && ` within ${path}`;
  return new BundleProblem(`it is cut off: it ends${within} after ${size} bytes, or lacks a part`);
}

function with_(known: Pax | undefined, key: "path" | "linkpath", text: string): Pax {
  return new Pax({ ...known, [key]: text.replace(/\0.*$/s, "") });
}

async function textOf(parts: Parts, from: number, size: number): Promise<string> {
  if (size > LONGEST) throw new BundleProblem("an extended header of it is too long");
  return new TextDecoder().decode(await parts.read(from, size));
}

/** `path` from the root of the archive. Throws {@linkcode BundleProblem} where it leads out of it. */
export function safePath(path: string): string {
  const words = path.split("/").filter((word) => word !== "" && word !== ".");
  if (path.startsWith("/") || words.includes("..") || /[\\\0]/.test(path)) {
    throw new BundleProblem(`${JSON.stringify(path)} leads out of the archive`);
  }
  return words.join("/");
}

/** The header of a file of `size` bytes, which anybody may read. `time` is in Unix milliseconds. */
export function headerOf(path: string, size: number, time: number): Uint8Array {
  const header = new Header({
    ...{ path, size, mtime: new Date(time), type: "File", mode: 0o644, uid: 0, gid: 0 },
  });
  const block = Buffer.alloc(BLOCK);
  header.encode(block, 0);
  return block;
}

/** What follows a file of `size` bytes. */
export function paddingOf(size: number): Uint8Array {
  return new Uint8Array(padded(size) - size);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** Bytes that a file of `size` bytes takes in an archive. */
export function spaceOf(size: number): number {
  return BLOCK + padded(size);
}
