/**
 * The options table: every key of the schema with its flag, its environment variable and how its
 * text is read. It is derived from the schema, so a new key has all of them at once.
 */
import type { z } from "zod";
import type { Path } from "./path.ts";
import { configSchema } from "./schema.ts";
import { keyMeta } from "./values.ts";

export type Kind =
  | "text"
  | "boolean"
  | "number"
  | "enum"
  | "size"
  | "duration"
  | "listen"
  | "regex"
  | "url"
  | "list"
  | "map"
  | "section";

/** What the schema says of one key. */
export interface KeyInfo {
  readonly kind: Kind;
  readonly secret: boolean;
  /** The values of an enum. */
  readonly values?: readonly string[];
  /** The bounds of a number. */
  readonly range?: readonly [min: number, max: number];
  /** The keys of a section. */
  readonly keys?: Readonly<Record<string, KeyInfo>>;
  /** What a list or a map holds. */
  readonly item?: KeyInfo;
}

export interface Option extends KeyInfo {
  /** `*` stands for the name of a registry. */
  readonly path: readonly string[];
  /** `--cache-max-size`; `*` as in the path. */
  readonly flag: string;
  /** `BERTH_CACHE_MAX_SIZE`; `*` as in the path. */
  readonly env: string;
}

function infoOf(schema: z.core.$ZodType): KeyInfo {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  const meta = keyMeta.get(schema);
  const secret = meta?.secret ?? false;
  if (meta?.kind) return { kind: meta.kind, secret };
  switch (def.type) {
    case "default":
    case "prefault":
    case "optional":
      return infoOf(def.innerType);
    case "union":
      return def.options.map(infoOf).find(({ kind }) => kind !== "text") ?? textInfo(secret);
    case "object":
      return {
        kind: "section",
        secret,
        keys: Object.fromEntries(
          Object.entries(def.shape).map(([key, value]) => [key, infoOf(value)]),
        ),
      };
    case "record":
      return { kind: "map", secret, item: infoOf(def.valueType) };
    case "array":
      return { kind: "list", secret, item: infoOf(def.element) };
    case "boolean":
      return { kind: "boolean", secret };
    case "number": {
      const { minValue, maxValue } = schema as z.ZodNumber;
      return { kind: "number", secret, range: [minValue ?? -Infinity, maxValue ?? Infinity] };
    }
    case "enum":
      return { kind: "enum", secret, values: Object.values(def.entries).map(String) };
    default:
      return textInfo(secret);
  }
}

const textInfo = (secret: boolean): KeyInfo => ({ kind: "text", secret });

/** The whole schema. */
const ROOT: KeyInfo = infoOf(configSchema);

/** What the schema says of `path`; `undefined` when it knows no such key. */
export function keyInfo(path: Path): KeyInfo | undefined {
  let info: KeyInfo | undefined = ROOT;
  for (const segment of path) {
    if (info?.kind === "section") {
      info = info.keys && Object.hasOwn(info.keys, segment) ? info.keys[segment] : undefined;
    } else info = info?.item;
  }
  return info;
}

function* options(info: KeyInfo, path: readonly string[]): Generator<Option> {
  if (info.kind === "section") {
    for (const [key, child] of Object.entries(info.keys!)) yield* options(child, [...path, key]);
  } else if (info.kind === "map" && info.item!.kind === "section" && !path.includes("*")) {
    yield* options(info.item!, [...path, "*"]);
  } else {
    const name = path.join("-").replaceAll("_", "-");
    yield {
      ...info,
      path,
      flag: `--${name}`,
      env: `BERTH_${name.replaceAll("-", "_").toUpperCase()}`,
    };
  }
}

/** Every path of `info` with `*` for names and places, those within a registry's own maps too. */
function* patterns(info: KeyInfo, path: readonly string[]): Generator<readonly string[]> {
  if (info.kind === "section") {
    for (const [key, child] of Object.entries(info.keys!)) yield* patterns(child, [...path, key]);
  } else if (/^(map|list)$/.test(info.kind) && info.item!.kind === "section") {
    yield* patterns(info.item!, [...path, "*"]);
  } else yield path;
}

/** Every path that holds a value; `*` stands for a name or a place in a list. */
export const PATTERNS: readonly (readonly string[])[] = [...patterns(ROOT, [])];

export const OPTIONS: readonly Option[] = [...options(ROOT, [])];

/** An option with `*` filled in. */
export interface FoundOption {
  readonly option: Option;
  readonly path: Path;
}

type Spelling = "flag" | "env";
const bySpelling: Record<Spelling, ReadonlyMap<string, Option>> = {
  flag: new Map(OPTIONS.map((option) => [option.flag, option])),
  env: new Map(OPTIONS.map((option) => [option.env, option])),
};

/** Registries' options, longest first: `X_AUTH_PASSWORD_FILE` is not a registry `x-auth-password`. */
const ofRegistries = OPTIONS.filter(({ path }) => path.includes("*"))
  .toSorted((a, b) => b.flag.length - a.flag.length);

/**
 * The option that `name` (`--listen`, `BERTH_REGISTRIES_MY_REG_URL`) spells, with the registry's
 * name filled in; in the environment an underscore in that name is read as a dash.
 */
export function findOption(spelling: Spelling, name: string): FoundOption | undefined {
  const option = bySpelling[spelling].get(name);
  if (option) return option.path.includes("*") ? undefined : { option, path: option.path };
  for (const pattern of ofRegistries) {
    const [before, after] = pattern[spelling].split("*") as [string, string];
    if (name.length <= before.length + after.length) continue;
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const middle = name.slice(before.length, name.length - after.length);
    const registry = middle.toLowerCase().replaceAll("_", "-");
    return {
      option: pattern,
      path: pattern.path.map((segment) => segment === "*" ? registry : segment),
    };
  }
}
