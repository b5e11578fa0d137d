/** Manifests and indexes: media types, and which one a client means by its Accept header. */
import { FORMER_TYPES, LINKING_TYPES } from "../../cache/manifest.ts";

/** Every type that a manifest may have. */
export const MANIFEST_TYPES = { ...LINKING_TYPES, ...FORMER_TYPES } as const;

/**
 * `Accept` for a manifest by its digest. There is nothing to choose between then, so what the client
 * accepts must not make a registry refuse it or give something else.
 */
export const ANY_MANIFEST = [...Object.values(MANIFEST_TYPES), "*/*"].join(", ");

/** One letter a type, in the order of `MANIFEST_TYPES`; bounds the number of keys a tag can have. */
const LETTERS = Object.values(MANIFEST_TYPES).map((type, i) => [type, "ioldsjar"[i]!] as const);

/** All `Accept` lines as one value, without repetition; empty when there is none. */
export function joinAccept(headers: Headers): string {
  const types = (headers.get("accept") ?? "").split(",").map((type) => type.trim());
  return [...new Set(types.filter((type) => type !== ""))].join(", ");
}

/**
 * What of `accept` can change the answer: a tag stands for different manifests to clients that
 * accept different types. Unknown types and parameters do not count; `*` is "anything".
 */
export function acceptKey(accept: string): string {
  const types = new Set(accept.split(",").map((type) => type.split(";")[0]!.trim().toLowerCase()));
  const any = types.has("*/*") || types.has("application/*") ? "*" : "";
  return LETTERS.filter(([type]) => types.has(type)).map(([, letter]) => letter).join("") + any;
}

/** An `Accept` that {@linkcode acceptKey} makes `key` of. */
export function acceptOf(key: string): string {
  const types = LETTERS.filter(([, letter]) => key.includes(letter)).map(([type]) => type);
  return [...types, ...(key.includes("*") ? ["*/*"] : [])].join(", ");
}

/** True where a client that sent `accept` can use a manifest of `mediaType`. */
export function accepts(accept: string, mediaType: string): boolean {
  const key = acceptKey(accept);
  if (key.includes("*")) return true;
  const letter = LETTERS.find(([type]) => type === mediaType)?.[1];
  return letter !== undefined && key.includes(letter);
}

/** `Content-Type` without parameters: what clients compare manifests' types with. */
export function bareMediaType(contentType: string | null): string {
  return (contentType ?? "").split(";")[0]!.trim();
}
