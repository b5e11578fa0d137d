/** `berth pull`: images into the cache before a client asks, by the running server or without one. */
import { formatSize } from "../base/units.ts";
import { BadImage } from "../proxy/ahead/image.ts";
import { type ImageProgress, type Pull, sumsOf } from "../proxy/ahead/progress.ts";
import { closedWords } from "../proxy/ahead/quota.ts";
import { ownPulls, waitOf, wordsOf } from "./ahead.ts";
import type { CacheIo } from "./cache_call.ts";
import { loadStore } from "./cache_command.ts";
import { openControl } from "./cache_socket.ts";
import { parseCommandLine, UsageError } from "./command_line.ts";
import { commandNamed } from "./commands.ts";
import { DataDirError, usingDataDir } from "./data_dir.ts";
import { wantedOf } from "./wanted.ts";

/**
 * Runs `berth pull …args`. The result is the exit code: 0, 1 where an image did not come whole, 2 for a
 * command line or a configuration that cannot be used.
 */
export async function pullCommand(args: readonly string[], io: CacheIo): Promise<number> {
  try {
    const { values, operands, settings } = parseCommandLine(commandNamed("pull"), args);
    const config = await loadStore(settings, io);
    if (!config) return 2;
    const wanted = wantedOf([...operands], values);
    if (wanted.images.length === 0) throw new UsageError("expected an image");
    await using cache = await usingDataDir(
      config.cache.dir,
      () => openControl(io.options(config), (cache) => ownPulls(config, cache, io.env ?? {})),
    );
    const pull = await cache.pull(wanted, watching(io));
    io.progress?.("");
    if (values.has("--json")) io.print(JSON.stringify(pull, null, 2));
    else for (const image of pull.images) tell(image, io);
    return pull.state === "done" ? 0 : 1;
  } catch (error) {
    io.progress?.("");
    const usage = error instanceof UsageError;
    if (!usage && !(error instanceof BadImage) && !(error instanceof DataDirError)) throw error;
    io.complain(`berth pull: ${error.message}${usage ? "\nSee berth pull --help" : ""}`);
    return usage || error instanceof BadImage ? 2 : 1;
  }
}

/** Shows how a pull goes; where nobody watches, it says once of each image what that waits for. */
function watching(io: CacheIo): (pull: Pull) => void {
  const { progress } = io;
  if (progress) return (pull) => progress(shown(pull, io.now()));
  const told = new Set<string>();
  return ({ images }) => {
    for (const { image, until, error } of images) {
      if (until === null) continue;
      const line = `${image}: ${closedWords({ until, why: error })}`;
      if (!told.has(line)) io.complain(line);
      told.add(line);
    }
  };
}

/** What became of `image`, and of each part that did not come. */
function tell(image: ImageProgress, io: CacheIo): void {
  io.print(wordsOf(image));
  for (const { digest, kind, error } of image.parts) {
    if (error) io.print(`  ${kind} ${digest}: ${error}`);
  }
}

/** One line of a terminal: how much of it is here, and what is on its way. */
export function shown({ images }: Pull, now: number): string {
  const { here, came, left } = sumsOf(images.flatMap(({ parts }) => parts));
  const done = here.bytes + came.bytes;
  const all = done + left.bytes;
  const over = images.filter(({ state }) => ENDED.includes(state)).length;
  const many = images.length === 1 ? "" : `  ${over} of ${images.length} images`;
  const waits = images.map((image) => waitOf(image, now)).find((words) => words !== "");
  const running = images.flatMap(({ parts }) => parts.filter(({ state }) => state === "running"));
  const parts = running.slice(0, 3).map(({ digest, platform, size, received }) =>
    `${platform && `${platform} `}${digest.slice(7, 15)} ${percent(received, size)}`
  );
  const doing = waits ?? parts.join(", ");
  return `${barOf(done, all)} ${formatSize(done)} of ${formatSize(all)}${many}${
    doing && `  ${doing}`
  }`;
}

/** `done` of `all`, for a terminal. */
export function barOf(done: number, all: number): string {
  const share = all === 0 ? 0 : done / all;
  return "█".repeat(Math.round(share * 20)).padEnd(20, "░");
}

const ENDED: readonly ImageProgress["state"][] = ["done", "failed", "cancelled"];

function percent(received: number, size: number): string {
  return size === 0 ? formatSize(received) : `${Math.floor((received / size) * 100)} %`;
}
