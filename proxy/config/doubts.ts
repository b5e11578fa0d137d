/** What is valid and in all likelihood not meant so. */
import type { Violation } from "./violation.ts";
import type { Config } from "./schema.ts";

/** Doubts about `config`, by key. `registries` are the names of all, also of those turned off. */
export function doubts(config: Config, registries: readonly string[]): Violation[] {
  const pins = config.cache.pin.flatMap((pattern, index): Violation[] => {
    const message = pinDoubt(pattern, registries);
    return message ? [{ path: ["cache", "pin", index], message }] : [];
  });
  const aliases = Object.entries(config.registries).flatMap(([name, registry]) =>
    registry.aliases.flatMap((alias, index): Violation[] => {
      const same = (other: string) => other.toLowerCase() === alias.toLowerCase();
      if (!same(name) && registry.aliases.findIndex(same) === index) return [];
      const message = `${JSON.stringify(alias)} stands for ${name} already`;
      return [{ path: ["registries", name, "aliases", index], message }];
    })
  );
  return [...pins, ...aliases, ...unguarded(config)];
}

/** Registries that are another one by another name, without what that one refuses. */
function* unguarded({ registries, policy }: Config): Generator<Violation> {
  const all = Object.entries(registries);
  for (const [name, { url, hold, require }] of all) {
    const denied = policy.rules.filter((rule) =>
      rule.action === "deny" && rule.registries.includes(name)
    );
    for (const [other, its] of all) {
      if (other === name || its.url !== url) continue;
      const missing = hold.new_digest > 0 && its.hold.new_digest === 0
        ? "hold"
        : require.length > 0 && its.require.length === 0
        ? "require"
        : denied.some((rule) => !rule.registries.includes(other))
        ? "policy.rules"
        : "";
      if (missing === "") continue;
      const message = `is ${name} by another name, without its ${missing}: ` +
        "what is refused there can be pulled here";
      yield { path: ["registries", other], message };
    }
  }
}

/**
 * Why `pattern`, a digest or a glob on `registry/repository:tag` in which `*` goes across slashes,
 * can match no image of `registries`; `undefined` where it can.
 */
export function pinDoubt(pattern: string, registries: readonly string[]): string | undefined {
  if (/^sha(256|512):[0-9a-f]+$/.test(pattern)) return undefined;
  const [, head = "", end] = /^([^/*?]*)(.?)/s.exec(pattern)!;
  const known = end === "/"
    ? registries.includes(head)
    : end !== "" && registries.some((name) => name.startsWith(head));
  if (known && /[:*]/.test(pattern)) return undefined;
  const example = known ? `${pattern}:*` : "docker/library/alpine:*";
  const those = known ? "" : `, with one of ${registries.join(", ")},`;
  return `${JSON.stringify(pattern)} can match nothing; expected a digest or ` +
    `REGISTRY/REPOSITORY:TAG${those} such as ${example}`;
}
