/** `berth prefetch add`: the images that a cluster runs, as a rule of the warm list. */
import { readFile } from "node:fs/promises";
import { imagesIn, NoImages } from "../base/images_in.ts";
import { describeReadError } from "../base/read_error.ts";
import type { Config } from "../proxy/config/schema.ts";
import { writeEdits, writtenAt } from "../proxy/config/write.ts";
import { WriteError } from "../proxy/config/write_place.ts";
import type { CacheIo } from "./cache_call.ts";
import { imageName } from "./cached_image.ts";
import { loadOrComplain } from "./command_io.ts";
import { parseCommandLine, UsageError } from "./command_line.ts";
import { commandNamed } from "./commands.ts";
import { nameOf } from "./image_rows.ts";
import { platformsIn } from "./wanted.ts";

interface PrefetchIo extends Omit<CacheIo, "options" | "progress"> {
  input: { readonly readable: ReadableStream<Uint8Array> };
}

/** What is wrong with what was given, in words. */
class BadList extends Error {}

/**
 * Runs `berth prefetch add FILE|-`. The result is the exit code: 0, 1 where the list cannot be read or
 * the configuration not be written, 2 for a command line or a configuration that cannot be used.
 */
export async function prefetchCommand(args: readonly string[], io: PrefetchIo): Promise<number> {
  try {
    const { values, operands, settings } = parseCommandLine(commandNamed("prefetch add"), args);
    if (operands.length !== 1) throw new UsageError("expected one file, or - for standard input");
    const input = { ...io, args: settings };
    const loaded = await loadOrComplain(settings, io);
    if (!loaded) return 2;
    const { images, left } = known(imagesIn(await textOf(operands[0]!, io)), loaded.config);
    for (const image of left) io.complain(`left out: ${image}: its registry is not configured`);
    if (images.length === 0) throw new BadList("no image of a registry that is configured");
    const name = values.get("--name") ?? "imported";
    const platforms = platformsIn(values);
    const every = values.get("--every");
    const rule = {
      ...{ name, images },
      ...platforms.length > 0 ? { platforms } : {},
      ...every === undefined ? {} : { every },
    };
    if (!values.has("--dry-run")) await write({ input, loaded }, rule);
    if (values.has("--json")) io.print(JSON.stringify(rule, null, 2));
    else {
      for (const image of images) io.print(image);
      const what = images.length === 1 ? "1 image" : `${images.length} images`;
      const verb = values.has("--dry-run") ? "would be in" : "in";
      io.print(`${what} ${verb} the rule ${name}`);
    }
    return 0;
  } catch (error) {
    const usage = error instanceof UsageError;
    const ours = usage || error instanceof NoImages || error instanceof BadList ||
      error instanceof WriteError;
    if (!ours) throw error;
    io.complain(
      `berth prefetch add: ${error.message}${usage ? "\nSee berth prefetch add --help" : ""}`,
    );
    return usage ? 2 : 1;
  }
}

async function textOf(file: string, { input }: PrefetchIo): Promise<string> {
  if (file === "-") return await new Response(input.readable).text();
  return await readFile(file, "utf8").catch((error) => {
    throw new BadList(`cannot read ${file}: ${describeReadError(error)}`);
  });
}

/** `images` as the cache names them, and those of registries that the configuration does not know. */
function known(images: readonly string[], config: Config): { images: string[]; left: string[] } {
  const found = new Set<string>();
  const left: string[] = [];
  for (const image of images) {
    const [, bare = "", digest] = /^([^@]+)(?:@(.+))?$/.exec(image) ?? [];
    try {
      const { repository, tag } = imageName(bare, config);
      found.add(digest ? `${repository}@${digest}` : nameOf({ repository, tag: tag ?? "latest" }));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      left.push(image);
    }
  }
  return { images: [...found], left };
}

type Rule = { name: string; images: string[] } & Record<string, unknown>;

/** Puts `rule` in place of the one of its name, or behind the others. */
async function write(context: Parameters<typeof writeEdits>[0], rule: Rule): Promise<void> {
  const bare = await writtenAt(context, ["prefetch"]);
  const path = Array.isArray(bare) ? ["prefetch"] : ["prefetch", "rules"];
  const written = await writtenAt(context, path) ?? [];
  if (!Array.isArray(written)) throw new BadList("prefetch.rules has to be changed by hand");
  const others = written.filter((it) => Object(it).name !== rule.name);
  await writeEdits(context, [{ path, value: [...others, rule] }]);
}
