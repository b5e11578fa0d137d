/** CHANGELOG.md, which follows https://keepachangelog.com/en/1.1.0/ */

export interface Release {
  /** `Unreleased`, or a version. */
  readonly name: string;
  /** `2026-11-27`; empty for what is not released. */
  readonly date: string;
  /** What stands below its heading. */
  readonly body: string;
}

/** The releases of a changelog, the newest first. */
export function releases(text: string): Release[] {
  const parts = text.split(/^## /m).slice(1);
  return parts.map((part) => {
    const [heading = "", ...lines] = part.split("\n");
    const [, name, date = ""] = /^\[(.+?)\](?: - (.+))?$/.exec(heading) ?? [];
    if (!name) {
      throw new Error(`CHANGELOG.md: "## ${heading}" is not "## [VERSION] - DATE"`);
    }
    return { name, date, body: lines.join("\n").trim() };
  });
}

/** What changed in a released version. Throws where the changelog has nothing of it. */
export function notesOf(text: string, version: string): string {
  const found = releases(text).find(({ name }) => name === version);
  if (!found) throw new Error(`CHANGELOG.md has no "## [${version}] - DATE" yet`);
  return found.body + "\n";
}
