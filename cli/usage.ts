/** The flags, for `--help`. */
import { type Kind, type Option, OPTIONS } from "../proxy/config/options.ts";
import { getIn } from "../proxy/config/path.ts";
import { asWritten } from "../proxy/config/print.ts";
import { configSchema, registrySchema } from "../proxy/config/schema.ts";

const PLACEHOLDERS: Partial<Record<Kind, string>> = {
  boolean: "",
  number: "N",
  size: "SIZE",
  duration: "TIME",
  listen: "ADDRESS",
  url: "URL",
  list: "A,B",
  map: "JSON",
};

interface FlagUsage {
  /** `--cache-max-size SIZE`; a registry's flags hold NAME in its place. */
  readonly flag: string;
  /** `BERTH_CACHE_MAX_SIZE`. */
  readonly env: string;
  /** As a file writes it; empty where there is none. */
  readonly default: string;
}

/** Every flag, in the order of the schema. */
export function flagUsage(): FlagUsage[] {
  return OPTIONS.map((option) => ({
    flag: `${option.flag.replace("*", "NAME")} ${placeholder(option)}`.trimEnd(),
    env: option.env.replace("*", "NAME"),
    default: defaultOf(option),
  }));
}

function placeholder({ kind, values, item, path }: Option): string {
  if (kind === "text" && /(_file|^docker_config)$/.test(path.at(-1)!)) return "FILE";
  if (kind === "text" && path.at(-1) === "dir") return "DIRECTORY";
  if (kind === "enum") return values!.join("|");
  if (kind === "list" && item?.kind === "section") return "JSON";
  return PLACEHOLDERS[kind] ?? "TEXT";
}

function defaultOf({ path }: Option): string {
  const [tree, rest] = path[0] === "registries"
    ? [registrySchema.parse({ url: "https://registry.example" }), path.slice(2)]
    : [configSchema.parse({}), path];
  const value = rest[0] === "url" ? undefined : getIn(tree, rest);
  const written = asWritten(path, value, (_, scalar) => scalar);
  if (written === undefined || written === "") return "";
  return typeof written === "string" ? written : JSON.stringify(written);
}
