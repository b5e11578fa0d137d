/** `berth bundle create|load`: images across an air gap. */
import { readFile } from "node:fs/promises";
import { imagesIn, NoImages } from "../../base/images_in.ts";
import { describeReadError } from "../../base/read_error.ts";
import { formatCount, formatSize, parseSize } from "../../base/units.ts";
import { BadImage } from "../../proxy/ahead/image.ts";
import type { Config } from "../../proxy/config/schema.ts";
import { OWN_PLATFORM, ownPulls } from "../ahead.ts";
import type { CacheIo } from "../cache_call.ts";
import { loadStore } from "../cache_command.ts";
import { type CacheControl, openControl } from "../cache_socket.ts";
import { type CommandLine, parseCommandLine, UsageError } from "../command_line.ts";
import { commandNamed } from "../commands.ts";
import { DataDirError, usingDataDir } from "../data_dir.ts";
import { barOf, shown } from "../pull_command.ts";
import { wantedOf } from "../wanted.ts";
import { createBundle } from "./create.ts";
import { loadBundle } from "./load.ts";
import { BundleProblem } from "./problem.ts";
import { readPrivateKey, readPublicKey } from "./signature.ts";

const COMMANDS = { "bundle create": create, "bundle load": load };

interface Call extends Pick<CommandLine, "values" | "operands"> {
  io: CacheIo;
  config: Config;
  cache: CacheControl;
}

/** What is checked before the cache is opened. */
type Prepared = (call: Call) => Promise<number>;

/**
 * Runs `berth NAME …args`. The result is the exit code: 0, 1 where the bundle could not be made or
 * loaded, 2 for a command line or a configuration that cannot be used.
 */
export async function bundleCommand(
  name: keyof typeof COMMANDS,
  args: readonly string[],
  io: CacheIo,
): Promise<number> {
  try {
    const line = parseCommandLine(commandNamed(name), args);
    const run = await COMMANDS[name](line, io);
    const config = await loadStore(line.settings, io);
    if (!config) return 2;
    await using cache = await usingDataDir(
      config.cache.dir,
      () => openControl(io.options(config), (cache) => ownPulls(config, cache, io.env ?? {})),
    );
    return await run({ ...line, io, config, cache });
  } catch (error) {
    io.progress?.("");
    const usage = error instanceof UsageError;
    const known = usage || [BundleProblem, BadImage, NoImages, DataDirError]
      .some((type) => error instanceof type);
    if (!known) throw error;
    const { message } = error as Error;
    io.complain(`berth ${name}: ${message}${usage ? `\nSee berth ${name} --help` : ""}`);
    return usage || error instanceof BadImage ? 2 : 1;
  }
}

async function create({ values, operands }: CommandLine, io: CacheIo): Promise<Prepared> {
  const [output, ...named] = operands;
  if (output === undefined) throw new UsageError("expected the name of the bundle, then images");
  const list = values.get("--images-from");
  const images = [...named, ...list === undefined ? [] : await imagesFrom(list)];
  if (images.length === 0) throw new UsageError("expected an image, or --images-from FILE");
  const text = values.get("--split");
  const split = text === undefined ? 0 : parseSize(text);
  if (split === undefined || (text !== undefined && split < LEAST_PART)) {
    throw new UsageError(`--split ${text}: expected a size such as 4GiB, and 1MiB at least`);
  }
  const keyFile = values.get("--key");
  const key = keyFile === undefined ? undefined : await readPrivateKey(keyFile);
  const since = values.has("--since") ? [values.get("--since")!] : [];
  const wanted = wantedOf(images, values);
  return async ({ config, cache }) => {
    const made = await createBundle({ wanted, output, since, split, key }, {
      ...{ config, cache, platform: OWN_PLATFORM, now: io.now },
      pulling: (now) => io.progress?.(shown(now, io.now())),
      written: throttled(io, "written"),
    });
    io.progress?.("");
    if (values.has("--json")) return io.print(JSON.stringify(made, null, 2)) ?? 0;
    for (const file of made.files) io.print(file);
    const left = made.left.blobs === 0
      ? ""
      : `; ${made.left.blobs} blobs (${formatSize(made.left.bytes)}) are in the earlier one`;
    io.print(
      `${formatCount(made.images, "image")}, ${formatCount(made.blobs, "blob")}, ` +
        `${formatSize(made.bytes)}${key ? ", signed" : ""}${left}`,
    );
    return 0;
  };
}

async function load({ values, operands }: CommandLine, io: CacheIo): Promise<Prepared> {
  if (operands.length === 0) throw new UsageError("expected a bundle");
  const keyFile = values.get("--key");
  const key = keyFile === undefined ? undefined : await readPublicKey(keyFile);
  const name = values.get("--name") ?? "";
  return async ({ config, cache }) => {
    const progress = throttled(io, "loaded");
    const done = await loadBundle({ paths: operands, key, name }, {
      ...{ config, cache, now: io.now, progress },
    });
    io.progress?.("");
    if (values.has("--json")) return io.print(JSON.stringify(done, null, 2)) ?? 0;
    for (const image of done.images) io.print(image);
    const { came, here } = done;
    const unchecked = done.signed && !key ? "; its signature was not checked (--key)" : "";
    io.print(
      `${formatCount(done.images.length, "image")} loaded and pinned: ${
        formatCount(came.blobs, "blob")
      } came ` +
        `(${formatSize(came.bytes)}), ${here.blobs} ${here.blobs === 1 ? "was" : "were"} here ` +
        `(${formatSize(here.bytes)})${unchecked}`,
    );
    return 0;
  };
}

const LEAST_PART = 2 ** 20;

async function imagesFrom(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch((error) => {
    throw new BundleProblem(`cannot read ${file}: ${describeReadError(error)}`);
  });
  return imagesIn(text);
}

/** Shows how far it is, no more often than anybody can see. */
function throttled(io: CacheIo, what: string): (bytes: number, total: number) => void {
  let last = -Infinity;
  return (bytes, total) => {
    const now = io.now();
    if (bytes < total && now - last < 100) return;
    last = now;
    io.progress?.(`${barOf(bytes, total)} ${formatSize(bytes)} of ${formatSize(total)} ${what}`);
  };
}
