/** What stands for a configuration file, so that Berths can compare theirs without telling them. */
import { createHmac } from "node:crypto";
import { formatKey } from "./path.ts";
import type { Setting } from "./provenance.ts";

/** By key, such as `registries.company`: marks of what stands there, one of each key, with dots. */
export type FileMarks = Readonly<Record<string, string>>;

/** What changes on the dashboard lie above, and how many parts of a path are compared together. */
const COMPARED: readonly [key: RegExp, parts: number][] = [
  [/^registries\./, 2],
  [/^forward\.allowed_hosts/, 2],
  [/^prefetch/, 1],
];

/** Marks of what the file says, which is `stated`; nobody without one of `keys` learns it from them. */
export function fileMarks(stated: readonly Setting[], keys: readonly Uint8Array[]): FileMarks {
  const said = new Map<string, string[]>();
  for (const { path, value } of stated) {
    const whole = formatKey(path);
    const [, parts] = COMPARED.find(([key]) => key.test(whole)) ?? [];
    if (parts === undefined) continue;
    const key = formatKey(path.slice(0, parts));
    said.set(key, [...said.get(key) ?? [], `${whole}=${JSON.stringify(value)}`]);
  }
  return Object.fromEntries([...said].map(([name, lines]) => {
    const text = lines.sort().join("\n");
    const marks = keys.map((key) => createHmac("sha256", key).update(text).digest("hex"));
    return [name, marks.map((mark) => mark.slice(0, 16)).join(".")];
  }));
}

/** The keys at which two files differ; each is known by any of the marks. */
export function differences(one: FileMarks, other: FileMarks): string[] {
  const same = (a = "", b = "") => a.split(".").some((mark) => b.split(".").includes(mark));
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()
    .filter((key) => !same(one[key], other[key]));
}
