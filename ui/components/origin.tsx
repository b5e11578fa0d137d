import type { Origin } from "../api/schema.ts";

/** Where a value comes from; the directory of a file is left to the title. */
export function OriginText({ origin }: { origin: Origin }) {
  const short = origin.kind === "overlay"
    ? "overlay"
    : origin.kind === "file"
    ? origin.text.replace(/^\S*[/\\](?=\S)/, "")
    : origin.text;
  return <span class="muted break" title={origin.text}>{short}</span>;
}
