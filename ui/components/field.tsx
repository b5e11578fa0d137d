/** A form field with its label, hint and what the server says of it. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** What every field has. */
export interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  /** What is wrong with it; empty where nothing is. */
  complaint?: string;
  disabled?: boolean;
}

/** A field's label, hint and complaint around its control. */
export function Frame(
  { id, label, hint, complaint, children }: FieldProps & {
    id: string;
    children: ComponentChildren;
  },
) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {complaint && (
        <span class="complaint" id={`${id}-complaint`}>
          <Icon name="bad" size={14} />
          {complaint}
        </span>
      )}
      {hint && !complaint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
    </div>
  );
}

/** Id of what explains the control `id`: its complaint, else its hint. */
export function describedBy(id: string, { hint, complaint }: FieldProps): string | undefined {
  if (complaint) return `${id}-complaint`;
  return hint ? `${id}-hint` : undefined;
}

interface TextFieldProps extends FieldProps {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "password" | "url";
  placeholder?: string;
  autocomplete?: string;
  autofocus?: boolean;
  mono?: boolean;
  required?: boolean;
}

/** A line of text. */
export function TextField(props: TextFieldProps) {
  const id = useId();
  const attributes = {
    id,
    class: `input${props.mono ? " mono" : ""}`,
    value: props.value,
    placeholder: props.placeholder ?? "",
    autocomplete: props.autocomplete ?? "off",
    autofocus: props.autofocus ?? false,
    spellcheck: false,
    disabled: props.disabled ?? false,
    required: props.required ?? false,
    "aria-invalid": props.complaint ? "true" as const : undefined,
    "aria-describedby": describedBy(id, props),
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      props.onInput(event.currentTarget.value),
  };
  return (
    <Frame id={id} {...props}>
      {props.type === "password" ? <input {...attributes} type="password" /> : (
        <input
          {...attributes}
          type="text"
          inputMode={props.type === "url" ? "url" : "text"}
          autocapitalize="none"
        />
      )}
    </Frame>
  );
}
