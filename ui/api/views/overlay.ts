/** The overlay as the API tells it. */
import { stringify } from "yaml";
import { literal } from "../../../proxy/config/file.ts";
import type { LoadedConfig } from "../../../proxy/config/load.ts";
import { formatKey, newTree, setIn } from "../../../proxy/config/path.ts";
import { asWritten } from "../../../proxy/config/print.ts";
import { isSecret, masked } from "../../../proxy/config/secrets.ts";
import type { OverlayView } from "../schema/config.ts";
import { textOf } from "./settings.ts";

/** What the overlay of `loaded` says; secrets are named and not told. */
export function overlayView({ overlay, stated, config }: LoadedConfig): OverlayView {
  const said = new Map(stated.map(({ path, value }) => [formatKey(path), value]));
  const items = (overlay?.settings ?? []).map(({ path, value }) => {
    const key = formatKey(path);
    const secret = isSecret(path);
    const told = (value: unknown) => secret ? "" : textOf(asWritten(path, value, masked));
    return {
      path: key,
      text: value === null ? "" : told(value),
      fileText: said.has(key) ? told(said.get(key)) : "",
      removed: value === null,
      secret,
    };
  });
  const shared = config.cluster.url !== "";
  return { file: overlay?.file ?? "", problem: overlay?.problem ?? "", shared, items };
}

/**
 * The same for a chart's `values.yaml`: keys of the configuration below `config`. A key with `null`
 * is one that the chart's values or another file of values sets and that is to go.
 */
export function overlayYaml({ overlay, file }: LoadedConfig): string {
  const settings = overlay?.settings ?? [];
  const secrets = settings.filter(({ path, value }) => isSecret(path) && value !== null);
  const config = newTree();
  for (const { path, value } of settings) {
    if (secrets.some((it) => it.path === path)) continue;
    setIn(config, path, value === null ? null : literal(asWritten(path, value, masked)));
  }
  return [
    `# What the dashboard has changed above ${file ?? "the built-in configuration"}.`,
    ...secrets.map(({ path }) => `# Secret, and left out: ${formatKey(path)}`),
    stringify({ config }, { lineWidth: 0 }),
  ].join("\n");
}
