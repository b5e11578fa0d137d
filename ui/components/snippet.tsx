import { useCopy } from "./copy.tsx";
import { Icon } from "./icon.tsx";

/** Lines to type or to write into `file`, with a button that copies them. */
export function Snippet({ text, file = "" }: { text: string; file?: string }) {
  const { copied, copy } = useCopy(text);
  return (
    <figure class="snippet">
      {file && <figcaption>{file}</figcaption>}
      <button
        type="button"
        class="button quiet icon"
        title="Copy"
        aria-label={file ? `Copy ${file}` : "Copy the command"}
        onClick={copy}
      >
        <Icon name={copied ? "check" : "copy"} />
        <span class="hidden-visually" role="status">{copied ? "Copied" : ""}</span>
      </button>
      <pre tabIndex={0} aria-label={file || "Command"} role="region"><code>{text}</code></pre>
    </figure>
  );
}
