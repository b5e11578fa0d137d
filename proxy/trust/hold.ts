/** `registries.*.hold`: what is new waits until it has been known for a while. Pure. */
import { globPattern } from "../../base/glob.ts";
import type { RegistryConfig } from "../config/schema.ts";

/** What is known of a digest in its repository. */
export interface Known {
  /** Since when, in Unix milliseconds; undefined: not before now. */
  since: number | undefined;
  /** The tags that have stood for it. */
  tags: readonly string[];
}

export interface Hold {
  /** Milliseconds that a digest waits. */
  readonly age: number;
  /** Users who need not wait. */
  readonly allow: readonly string[];
  means(tag: string): boolean;
}

/** The hold of a registry; undefined where nothing waits. */
export function holdOf({ hold }: Pick<RegistryConfig, "hold">): Hold | undefined {
  if (hold.new_digest === 0) return undefined;
  const tags = hold.tags.map(globPattern);
  const means = (tag: string) => tags.length === 0 || tags.some((it) => it.test(tag));
  return { age: hold.new_digest, allow: hold.allow, means };
}

/**
 * Until when a digest waits, in Unix milliseconds; 0 where it need not. Asked for by its digest it
 * waits if every tag that is known to lead to it does, or none is known: otherwise whoever asks by
 * digest would have what whoever asks by tag has not.
 */
export function heldUntil(hold: Hold, known: Known, now: number, tag?: string): number {
  const waits = tag === undefined ? known.tags.every(hold.means) : hold.means(tag);
  const until = (known.since ?? now) + hold.age;
  return waits && until > now ? until : 0;
}
