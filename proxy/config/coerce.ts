/** Text from the environment, flags and `${NAME}` into what the schema takes. */
import type { KeyInfo } from "./options.ts";

const BOOLEANS: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * `text` as a value of `info`'s kind: booleans and numbers by their words, lists by commas or as
 * JSON, maps as JSON. What does not fit is returned as it came, for the schema to refuse.
 */
export function coerce(text: string, info: KeyInfo): unknown {
  switch (info.kind) {
    case "boolean":
      return BOOLEANS[text.trim().toLowerCase()] ?? text;
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case "listen":
      return /^\d+$/.test(text) ? Number(text) : text;
    case "list":
      if (/^\s*\[/.test(text) || info.item?.kind === "section") return parseJson(text);
      return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
    case "map":
      return parseJson(text);
    default:
      return text;
  }
}
