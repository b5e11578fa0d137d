/** One file that says what several sources say together. */
import { literal } from "./file.ts";
import type { LoadedConfig } from "./load.ts";
import type { Provenance } from "./provenance.ts";
import { formatKey, leaves, type Tree } from "./path.ts";
import { annotatedYaml, asWritten, type EffectiveValue, readFromFile, turnedOff } from "./print.ts";

/** Said by Berth itself: a file need not repeat it. */
const OWN: readonly Provenance["kind"][] = ["default", "built-in"];

/**
 * A configuration file in Berth's terms that, alone, comes to what `loaded` is: every value that is
 * not a default, with a comment that tells where it was said. Secrets are in it as they are.
 */
export function migratedYaml(loaded: LoadedConfig): string {
  const { config, sources } = loaded;
  const values: EffectiveValue[] = [];
  const tree = { ...config, registries: { ...config.registries, ...turnedOff(loaded.disabled) } };
  for (const { path, value } of leaves(tree as unknown as Tree)) {
    const origin = sources.get(formatKey(path)) ?? { kind: "default" };
    // What the map's URL or file says is still read from there.
    const said = !OWN.includes(origin.kind) && origin.kind !== "map";
    if (!said || readFromFile(config, path)) continue;
    // A registry that is turned off takes one line, and not two.
    const off = value === false && path.at(-1) === "enabled";
    values.push(
      off
        ? { path: path.slice(0, -1), value: { enabled: false }, origin }
        : { path, value: asWritten(path, value, (_, scalar) => literal(scalar)), origin },
    );
  }
  if (values.length === 0) return "# Berth's defaults are all there is.\n";
  return `# Written by berth config migrate.\n${annotatedYaml(values)}`;
}
