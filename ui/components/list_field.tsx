import { useId } from "preact/hooks";
import { describedBy, type FieldProps, Frame } from "./field.tsx";

/** A list that is typed one entry per line. */
export function ListField(
  props: FieldProps & { value: string[]; onInput: (value: string[]) => void; placeholder?: string },
) {
  const id = useId();
  return (
    <Frame id={id} {...props}>
      <textarea
        id={id}
        class="input mono"
        rows={Math.max(2, props.value.length)}
        value={props.value.join("\n")}
        placeholder={props.placeholder ?? ""}
        spellcheck={false}
        disabled={props.disabled ?? false}
        aria-invalid={props.complaint ? "true" : undefined}
        aria-describedby={describedBy(id, props)}
        onInput={(event) => props.onInput(event.currentTarget.value.split("\n"))}
      />
    </Frame>
  );
}
