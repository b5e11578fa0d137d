import type { DiffLine } from "../api/schema/registries.ts";

const SIGNS: Record<DiffLine["kind"], { sign: string; word: string }> = {
  same: { sign: " ", word: "" },
  add: { sign: "+", word: "added: " },
  remove: { sign: "−", word: "removed: " },
  skip: { sign: "", word: "" },
};

/** A change to a file, line by line. */
export function Diff({ file, lines }: { file: string; lines: readonly DiffLine[] }) {
  return (
    <div class="diff" tabIndex={0} role="region" aria-label={`Change to ${file}`}>
      <div class="diff-file">{file}</div>
      <ol>
        {lines.map(({ kind, line, text }, i) => (
          <li key={i} class={kind}>
            <span class="line" aria-hidden="true">{kind === "skip" ? "⋯" : line}</span>
            <span class="sign" aria-hidden="true">{SIGNS[kind].sign}</span>
            <span class="text">
              {SIGNS[kind].word && <span class="hidden-visually">{SIGNS[kind].word}</span>}
              {text}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
