/**
 * The overlay: changes to a configuration file that cannot be written, such as a ConfigMap. It is a
 * file of Berth's own in the cache's directory and says what differs from the other: values that
 * take the place of its values, and `null` for what is taken away.
 */
import { stringify } from "yaml";
import type { Edit } from "./edit/edit.ts";
import { literal, parseFile } from "./file.ts";
import { formatKey, getIn, isTree, newTree, type Path, setIn, type Tree } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Setting } from "./provenance.ts";

/** Its name within `cache.dir`. */
export const OVERLAY_FILE = "overlay.yaml";

const HEAD =
  "# Changes made in the dashboard to a configuration file that cannot be written. Berth\n" +
  "# writes this file itself, and drops what the other says by now.\n";

/** The first line of one that all Berths of a cluster share; its number rises with each change. */
const SHARED = /^# Shared by the cluster, change (\d+)\..*\n/;
const sharedHead = (version: number) =>
  `# Shared by the cluster, change ${version}. The dashboards of its Berths write this file.\n`;

/** What an overlay says. */
export interface Overlay {
  /** As an absolute path; it may not exist. */
  readonly file: string;
  readonly text: string;
  /** What stands on the disk, where part of it is said by the configuration file by now. */
  readonly replaces?: string;
  /** A value of `null` takes away what the configuration file says there. */
  readonly settings: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
}

/** Reads the `text` of the overlay at `file`; what is wrong with it is in `problems`. */
export function parseOverlay(file: string, text: string): Overlay {
  const parsed = parseFile(file, text, {}, { nulls: true });
  const settings = parsed.settings.map(({ origin, ...rest }) => ({
    ...rest,
    origin: origin.kind === "file" ? { ...origin, kind: "overlay" as const } : origin,
  }));
  const problems = [...parsed.problems];
  for (const { path, origin } of settings) {
    const key = formatKey(path);
    if (key !== "cache.dir" && key !== "cache") continue;
    problems.push({ key: "cache.dir", origin, message: "cannot be set in its own directory" });
  }
  return { file, text, settings, problems };
}

/** Which of the cluster's changes `text` is; 0 where it is this Berth's alone. */
export function versionOf(text: string): number {
  return Number(SHARED.exec(text)?.[1] ?? 0);
}

/** `text` as the cluster's change `version`. */
export function asShared(text: string, version: number): string {
  return sharedHead(version) + text.slice(headOf(text).length);
}

/** `overlay` without what the configuration file, which says `stated`, says too. */
export function stillNeeded(stated: readonly Setting[], overlay: Overlay): Overlay {
  const wanted = treeOf(overlaid(stated, overlay));
  const tree = difference(treeOf(stated), wanted);
  const left = parseOverlay(overlay.file, overlayText(tree, headOf(overlay.text)));
  const said = ({ settings }: Overlay) => JSON.stringify(settings.map((it) => [it.path, it.value]));
  return said(left) === said(overlay) ? overlay : { ...left, replaces: overlay.text };
}

/** What the configuration file, which says `stated`, would say with the overlay's changes made. */
export function overlaid(
  stated: readonly Setting[],
  { settings }: Pick<Overlay, "settings">,
): Setting[] {
  const gone = settings.filter(({ value }) => value === null);
  const stays = ({ path }: Setting) => !gone.some((it) => within(path, it.path));
  return [...stated.filter(stays), ...settings.filter(({ value }) => value !== null)];
}

/**
 * The overlay of a file that says `stated` after `edits` of what both say together. In one that is
 * shared stays what this file says, too: another Berth's may not.
 */
export function editOverlay(
  stated: readonly Setting[],
  overlay: Pick<Overlay, "settings" | "text">,
  edits: readonly Edit[],
): string {
  const wanted = treeOf(overlaid(stated, overlay));
  for (const { path, value } of edits) {
    if (value === undefined) unset(wanted, path);
    else setIn(wanted, path, value);
  }
  const tree = difference(treeOf(stated), wanted);
  for (const { path, value } of versionOf(overlay.text) > 0 ? overlay.settings : []) {
    const now = getIn(wanted, path) ?? null;
    const gone = path.some((_, length) => getIn(tree, path.slice(0, length)) === null);
    if (!gone && JSON.stringify(now) === JSON.stringify(value)) setIn(tree, path, value);
  }
  return overlayText(tree, headOf(overlay.text));
}

/** The overlay without what it says at `path` and below; without everything where there is none. */
export function dropFrom({ settings, text }: Overlay, path: Path | undefined): string {
  const left = path ? settings.filter((setting) => !within(setting.path, path)) : [];
  return overlayText(treeOf(left), headOf(text));
}

/** The comment that `text` begins with. */
function headOf(text: string): string {
  return /^(#.*\n)*/.exec(text)![0];
}

/** `tree` as the text of an overlay below `head`. */
function overlayText(tree: Tree, head: string): string {
  const empty = Object.keys(tree).length === 0;
  return (head || HEAD) + (empty ? "" : stringify(literal(tree), { lineWidth: 0 }));
}

/** Whether `path` is `other`, or something in it. */
function within(path: Path, other: Path): boolean {
  return other.every((segment, index) => path[index] === segment);
}

function treeOf(settings: readonly Setting[]): Tree {
  const tree = newTree();
  for (const { path, value } of settings) {
    if (!isTree(value) || !isTree(getIn(tree, path))) setIn(tree, path, value);
  }
  return structuredClone(tree);
}

/** Takes away what stands at `path`, and the mappings above it that hold nothing any more. */
function unset(tree: Tree, path: Path): void {
  for (let length = path.length; length > 0; length--) {
    const parent = getIn(tree, path.slice(0, length - 1));
    if (!isTree(parent)) return;
    delete parent[path[length - 1]!];
    if (Object.keys(parent).length > 0) return;
  }
}

/** What has to be laid over `before` so that it says `after`. */
function difference(before: Tree, after: Tree): Tree {
  const tree = newTree();
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[key], after[key]];
    if (now === undefined) tree[key] = null;
    else if (isTree(old) && isTree(now) && Object.keys(now).length > 0) {
      const inner = difference(old, now);
      if (Object.keys(inner).length > 0) tree[key] = inner;
    } else if (isTree(old) && isTree(now) && Object.keys(old).length > 0) {
      // A section that is to be there with nothing in it: `ecr: {}`, whose keys are text.
      tree[key] = Object.fromEntries(Object.keys(old).map((name) => [name, ""]));
    } else if (JSON.stringify(old) !== JSON.stringify(now)) tree[key] = now;
  }
  return tree;
}
