/** Where a value of the effective configuration comes from. */
import type { Path } from "./path.ts";

export type Provenance =
  | { readonly kind: "default" }
  /** The registries that Berth knows without being told. */
  | { readonly kind: "built-in" }
  | {
    readonly kind: "file";
    readonly file: string;
    readonly line?: number;
    readonly column?: number;
    /** Environment variables that its text refers to as `${NAME}`. */
    readonly variables?: readonly string[];
  }
  /** Changes to that file, which cannot be written. */
  | {
    readonly kind: "overlay";
    readonly file: string;
    readonly line?: number;
    readonly column?: number;
  }
  /** `registry_map`: a file or a URL. */
  | { readonly kind: "map"; readonly location: string }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "flag"; readonly name: string }
  /** What a tool whose settings were found does when it is not told otherwise. */
  | { readonly kind: "drop-in"; readonly tool: string };

/** One value that one source gives. Later settings beat earlier ones. */
export interface Setting {
  readonly path: Path;
  readonly value: unknown;
  readonly origin: Provenance;
}

/** `origin` in a few words: `config.yaml:12:9`, `environment BERTH_LISTEN`, `default`. */
export function describeProvenance(origin: Provenance): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "built-in":
      return "built-in registry";
    case "file": {
      const position = origin.line === undefined ? "" : `:${origin.line}:${origin.column}`;
      const variables = origin.variables?.map((name) => `\${${name}}`).join(", ");
      return `${origin.file}${position}${variables ? ` (${variables})` : ""}`;
    }
    case "overlay":
      return `overlay ${origin.file}${
        origin.line === undefined ? "" : `:${origin.line}:${origin.column}`
      }`;
    case "map":
      return `registry map ${origin.location}`;
    case "environment":
      return `environment ${origin.name}`;
    case "flag":
      return `flag ${origin.name}`;
    case "drop-in":
      return `as ${origin.tool} does`;
  }
}
