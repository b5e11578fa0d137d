/** JSON from others, of which nothing is believed: what has the wrong type counts as not there. Pure. */

/** An object of JSON. */
export type Json = Record<string, unknown>;

/** The JSON in `bytes`; `undefined` where there is none. */
export function parseJson(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The object in `bytes`; `undefined` where there is none. */
export function parseObject(bytes: Uint8Array | undefined): Json | undefined {
  const value = parseJson(bytes);
  return isObject(value) ? value : undefined;
}

/** Whether `value` is an object, and no list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `value`, where it is an object; an empty one otherwise. */
export function objectIn(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** `value`, where it is a list; an empty one otherwise. */
export function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
