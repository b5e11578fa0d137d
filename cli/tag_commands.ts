/** `berth freeze|unfreeze|release`, as typed. */
import { TrustError } from "../proxy/trust/tags.ts";
import type { Call } from "./cache_call.ts";
import { imageName, NotCached } from "./cached_image.ts";
import { UsageError } from "./command_line.ts";
import { nameOf } from "./image_rows.ts";
import type { TagDecision } from "./tag_decision.ts";

export const freeze = (call: Call): Promise<number> => run("freeze", call);
export const unfreeze = (call: Call): Promise<number> => run("unfreeze", call);
export const release = (call: Call): Promise<number> => run("release", call);

async function run(
  what: TagDecision["what"],
  { io, values, words, config, cache }: Call,
): Promise<number> {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) {
    throw new UsageError("expected one image with its tag, such as alpine:3.22");
  }
  const digest = values.get("--digest");
  const pattern = what === "release" && /[*?]/.test(word);
  const { repository, tag } = pattern ? { repository: "", tag: "" } : imageName(word, config);
  if (tag === undefined) throw new UsageError(`${word}: expected a tag, as in ${word}:latest`);
  const image = pattern ? word : nameOf({ repository, tag });
  try {
    const message = await cache.decide({ what, image, digest });
    io.print(values.has("--json") ? JSON.stringify({ image, message }) : message);
  } catch (error) {
    if (error instanceof TrustError) throw new NotCached(error.message);
    throw error;
  }
  return 0;
}
