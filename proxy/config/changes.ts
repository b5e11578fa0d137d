/** What a reload changed, in words, and what of it waits for a restart. */
import { dashboardCertificate, registryCertificate } from "./certificates.ts";
import { formatKey, getIn, leaves, parseKey, type Path } from "./path.ts";
import type { ConfigChange } from "./live.ts";
import type { Config } from "./schema.ts";

/** `registry mirror added, 2 values changed`; `nothing changed`. */
export function changeWords(changes: readonly ConfigChange[]): string {
  const { added, removed, others } = bySubject(changes);
  const parts = [
    registries(added, "added"),
    registries(removed, "removed"),
    others.length === 1 ? `${others[0]!.key} changed` : `${others.length} values changed`,
  ];
  if (others.length === 0) parts.pop();
  return parts.filter((part) => part !== "").join(", ") || "nothing changed";
}

/** `changes` with one for each registry that came or went, which stands for all of its keys. */
export function gatheredChanges(changes: readonly ConfigChange[]): ConfigChange[] {
  const { added, removed, others } = bySubject(changes);
  return [...added, ...removed].map(({ key, ...values }) => ({
    ...values,
    key: formatKey(parseKey(key)!.slice(0, 2)),
  })).concat(others);
}

/** The `url` of each registry that came or went, and what else changed. */
function bySubject(changes: readonly ConfigChange[]) {
  const urls = changes.filter(({ key }) => {
    const path = parseKey(key) ?? [];
    return path.length === 3 && path[0] === "registries" && path[2] === "url";
  });
  const added = urls.filter(({ before }) => before === undefined);
  const removed = urls.filter(({ after }) => after === undefined);
  const whole = new Set([...added, ...removed].map(({ key }) => registryOf(key)));
  const others = changes.filter(({ key }) => !whole.has(registryOf(key)));
  return { added, removed, others };
}

function registryOf(key: string): string | undefined {
  const path = parseKey(key) ?? [];
  return path[0] === "registries" ? String(path[1]) : undefined;
}

function registries(urls: readonly ConfigChange[], what: string): string {
  if (urls.length === 0) return "";
  return urls.length === 1
    ? `registry ${registryOf(urls[0]!.key)} ${what}`
    : `${urls.length} registries ${what}`;
}

/** Keys that the running process cannot change: they name what it holds open. */
const NEEDS_RESTART =
  /^((admin\.|forward\.)?listen$|cache\.dir$|cluster\.|cache\.depot\.(?!max_|redirect(?!_)))/;

/** Whether a change of `key` takes effect only after a restart. */
export function needsRestart(key: string): boolean {
  return NEEDS_RESTART.test(key);
}

/** Keys whose value in `current` waits for a restart, since the process runs with `started`. */
export function pendingRestart(started: Config, current: Config): string[] {
  const differs = (path: Path) =>
    JSON.stringify(getIn(started, path)) !== JSON.stringify(getIn(current, path));
  const keys = [started, current].flatMap((config) =>
    [...leaves(config)].filter(({ path }) => needsRestart(formatKey(path)) && differs(path))
      .map(({ path }) => formatKey(path))
  );
  // Certificates are exchanged in place; whether there is one decides how a port listens.
  const certificates = { tls: registryCertificate, "admin.tls": dashboardCertificate };
  for (const [key, of] of Object.entries(certificates)) {
    if ((of(started).cert_file === "") !== (of(current).cert_file === "")) keys.push(key);
  }
  return [...new Set(keys)];
}
