/** The effective configuration for people: units written out, secrets masked, origins beside. */
import { Document, isScalar, type Node } from "yaml";
import type { LoadedConfig } from "./load.ts";
import { keyInfo } from "./options.ts";
import { describeProvenance, type Provenance } from "./provenance.ts";
import { formatKey, getIn, isTree, leaves, newTree, type Path, setIn, type Tree } from "./path.ts";
import { masked } from "./secrets.ts";
import { writeDuration, writeSize } from "../../base/units.ts";

export interface EffectiveValue {
  readonly path: Path;
  /** As it may be shown and as a file would say it. */
  readonly value: unknown;
  readonly origin: Provenance;
}

interface PrintOptions {
  /** Every key of every registry, and not just those that some source sets. */
  readonly all?: boolean;
}

/** Every value of `loaded` as it may be shown, in the order of the schema. */
export function effectiveValues(
  loaded: Pick<LoadedConfig, "config" | "sources"> & Partial<Pick<LoadedConfig, "disabled">>,
  { all = true }: PrintOptions = {},
): EffectiveValue[] {
  const { config, sources, disabled = {} } = loaded;
  const tree = { ...config, registries: { ...config.registries, ...turnedOff(disabled) } };
  const values = [...leaves(tree as unknown as Tree)].map(({ path, value }) => ({
    path,
    value: asWritten(path, value, masked),
    origin: sources.get(formatKey(path)) ?? { kind: "default" as const },
  }));
  return values.filter(({ path, origin }) =>
    all || path[0] !== "registries" || origin.kind !== "default"
  );
}

/** Of registries that are turned off, only that is shown. */
export function turnedOff(disabled: LoadedConfig["disabled"]) {
  return Object.fromEntries(Object.keys(disabled).map((name) => [name, { enabled: false }]));
}

/** Whether the key beside this one names the file that holds its value: both would contradict. */
export function readFromFile(config: unknown, path: Path): boolean {
  return !!getIn(config, [...path.slice(0, -1), `${path.at(-1)}_file`]);
}

/**
 * `value` of the key at `path` as a file would say it; scalars go through `finish`. What was read from
 * a file is left out where the key that names it stands beside it.
 */
export function asWritten(
  path: Path,
  value: unknown,
  finish: (path: Path, value: unknown) => unknown,
): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => asWritten([...path, index], item, finish));
  }
  if (isTree(value)) {
    const items = Object.entries(value).filter(([key]) => !value[`${key}_file`]);
    return Object.fromEntries(
      items.map(([key, item]) => [key, asWritten([...path, key], item, finish)]),
    );
  }
  const kind = keyInfo(path)?.kind;
  if (kind === "size" && typeof value === "number") return writeSize(value);
  if (kind === "duration" && typeof value === "number") return writeDuration(value);
  return finish(path, value);
}

/** The effective configuration as YAML, each value followed by where it comes from. */
export function printYaml(loaded: LoadedConfig, options: PrintOptions = { all: false }): string {
  const values = effectiveValues(loaded, options)
    .filter(({ path }) => !readFromFile(loaded.config, path));
  return annotatedYaml(values);
}

/** `values` as YAML, each followed by its origin. */
export function annotatedYaml(values: readonly EffectiveValue[]): string {
  const document = new Document(treeOf(values));
  for (const { path, origin } of values) {
    const node = document.getIn(path, true) as Node & { flow?: boolean };
    if (!isScalar(node)) node.flow = true;
    node.comment = ` ${describeProvenance(origin)}`;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** The effective configuration for programs: values, and the origin of each by key. */
export function printJson(loaded: LoadedConfig) {
  const values = effectiveValues(loaded);
  return {
    file: loaded.file ?? null,
    config: treeOf(values),
    sources: Object.fromEntries(
      values.map(({ path, origin }) => [formatKey(path), describeProvenance(origin)]),
    ),
    warnings: loaded.warnings,
  };
}

function treeOf(values: readonly EffectiveValue[]): Tree {
  const tree = newTree();
  for (const { path, value } of values) setIn(tree, path, value);
  return tree;
}
