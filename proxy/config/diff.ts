/** What changes between two texts, for people. */
import { structuredPatch } from "diff";

export interface DiffLine {
  readonly kind: "same" | "add" | "remove" | "skip";
  /** Counted from 1, after the change; before it for what is removed; 0 for `skip`. */
  readonly line: number;
  readonly text: string;
}

/** The lines that differ, with three lines around them; `skip` stands for what is left out. */
export function diffLines(before: string, after: string): DiffLine[] {
  const lines: DiffLine[] = [];
  for (const hunk of structuredPatch("", "", before, after, "", "", { context: 3 }).hunks) {
    let [old, now] = [hunk.oldStart, hunk.newStart];
    const { oldStart, oldLines, newStart, newLines } = hunk;
    const text = `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`;
    lines.push({ kind: "skip", line: 0, text });
    for (const line of hunk.lines) {
      const text = line.slice(1);
      if (line.startsWith("+")) lines.push({ kind: "add", line: now++, text });
      else if (line.startsWith("-")) lines.push({ kind: "remove", line: old++, text });
      else if (line.startsWith(" ")) {
        lines.push({ kind: "same", line: now++, text });
        old++;
      }
    }
  }
  return lines;
}
