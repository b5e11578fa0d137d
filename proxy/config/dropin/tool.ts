/** The tools that Berth takes the place of, and what their settings come to. */
import type { Provenance, Setting } from "../provenance.ts";
import type { Path, Tree } from "../path.ts";
import type { ConfigProblem } from "../problem.ts";
import type { System } from "../system.ts";

export type Tool =
  | "crproxy"
  | "container-registry-proxy"
  | "serverless-registry-proxy"
  | "crm"
  | "crev";

/** What a tool's settings are read from. */
export interface DropInInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags that only these tools have, `-port`, as they were written. */
  readonly flags: Readonly<Record<string, string>>;
  /** Whether Berth's own flags are written as Go's programs have them, `-listen`. */
  readonly goFlags?: boolean;
  /** The registries that Berth knows so far: built-in, of the map, of the file. Not yet checked. */
  readonly registries: Tree;
  /** Names of registries that the file speaks of. */
  readonly stated: ReadonlySet<string>;
  readonly system: System;
}

/** A setting of a tool, in Berth's own terms. */
export interface ToolSetting extends Setting {
  readonly tool: Tool;
}

/** A setting that Berth has no use for, or that does something else here. */
export interface Note {
  readonly tool: Tool;
  /** As it was written: `SEND_TIMEOUT`. */
  readonly name: string;
  /** What Berth does instead. */
  readonly instead: string;
}

/** What one tool's settings come to. */
export interface Reading {
  /** What the tool does when it is not told otherwise; a file beats that. */
  readonly defaults?: readonly ToolSetting[];
  /** From the environment, from flags, or from that tool's own file: see each one's origin. */
  readonly settings?: readonly ToolSetting[];
  readonly notes?: readonly Note[];
  readonly problems?: readonly ConfigProblem[];
}

/** A text that somebody wrote, and where. */
export interface Written {
  readonly text: string;
  readonly origin: Provenance;
}

/** What one of `flags` says, else what `name` says in the environment; empty is as good as unset. */
export function written(
  input: DropInInput,
  name: string,
  ...flags: string[]
): Written | undefined {
  const flag = flags.find((flag) => input.flags[flag]);
  if (flag) return { text: input.flags[flag]!, origin: { kind: "flag", name: flag } };
  const text = input.env[name];
  return text ? { text, origin: { kind: "environment", name } } : undefined;
}

/** `1`, `true`, `yes`, `on`, whatever the case. */
export function isTrue(text: string | undefined): boolean {
  return /^(1|true|yes|on)$/i.test(text?.trim() ?? "");
}

/**
 * Defaults for a registry whose clients show it their own login, as tools do that pass it on unread.
 * What they were let in to stays theirs while the registry is away.
 */
export function clientsSignIn(name: string): [Path, unknown][] {
  const auth = ["registries", name, "auth"];
  return [[[...auth, "mode"], "client"], [[...auth, "offline"], "known"]];
}

/** Default settings of `tool`: `path` to value. */
export function toolDefaults(
  tool: Tool,
  values: readonly (readonly [Path, unknown])[],
): ToolSetting[] {
  return values.map(([path, value]) => ({ tool, path, value, origin: { kind: "drop-in", tool } }));
}
