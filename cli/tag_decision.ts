/** `berth freeze|unfreeze|release`: what a person decides about a tag. */
import type { Cache } from "../cache/api.ts";
import type { TrustBook } from "../proxy/trust/book.ts";
import { freeze as freezeTag, release as releaseTag, TrustError } from "../proxy/trust/tags.ts";
import { unfreeze as unfreezeTag } from "../proxy/trust/tags.ts";

export interface TagDecision {
  what: "freeze" | "unfreeze" | "release";
  /** `docker/library/alpine:3.20`; of a release also a glob of such names. */
  image: string;
  digest?: string | undefined;
}

const BY = "command line";

/** Carries out `decision`, and says what came of it. Throws {@linkcode TrustError}. */
export async function decide(
  cache: Cache,
  book: TrustBook,
  { what, image, digest }: TagDecision,
): Promise<string> {
  const decider = { by: BY, at: Date.now() };
  switch (what) {
    case "freeze":
      return `froze ${image} to ${await freezeTag(cache, book, { image, digest, ...decider })}`;
    case "unfreeze":
      if (await unfreezeTag(cache, book, image)) return `${image} follows its registry again`;
      throw new TrustError("gone", `${image} is not frozen`);
    case "release":
      await releaseTag(cache, book, { image, digest, ...decider });
      return `let ${image} through`;
  }
}
