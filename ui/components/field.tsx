/** Form fields with their label, hint and what the server says of them. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

interface Common {
  label: string;
  hint?: ComponentChildren;
  /** What is wrong with it; empty where nothing is. */
  complaint?: string;
  disabled?: boolean;
}

function Frame(
  { id, label, hint, complaint, children }: Common & { id: string; children: ComponentChildren },
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

function describedBy(id: string, { hint, complaint }: Common): string | undefined {
  if (complaint) return `${id}-complaint`;
  return hint ? `${id}-hint` : undefined;
}

interface TextFieldProps extends Common {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "password" | "url";
  placeholder?: string;
  autocomplete?: string;
  autofocus?: boolean;
  mono?: boolean;
  required?: boolean;
}

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

/** A list that is typed one entry a line. */
export function ListField(
  props: Common & { value: string[]; onInput: (value: string[]) => void; placeholder?: string },
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

export interface Choice<V extends string> {
  value: V;
  text: string;
}

export function SelectField<V extends string>(
  props: Common & { value: V; choices: readonly Choice<V>[]; onInput: (value: V) => void },
) {
  const id = useId();
  return (
    <Frame id={id} {...props}>
      <select
        id={id}
        class="select"
        value={props.value}
        disabled={props.disabled ?? false}
        aria-describedby={describedBy(id, props)}
        onChange={(event) => props.onInput(event.currentTarget.value as V)}
      >
        {props.choices.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
      </select>
    </Frame>
  );
}

/** A select in a toolbar, labelled for screen readers only. */
export function Choose<V extends string>(
  { label, value, choices, onInput }: {
    label: string;
    value: V;
    choices: readonly Choice<V>[];
    onInput: (value: V) => void;
  },
) {
  return (
    <select
      class="select compact"
      aria-label={label}
      value={value}
      onChange={(event) => onInput(event.currentTarget.value as V)}
    >
      {choices.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
    </select>
  );
}

export function CheckField(
  { label, hint, checked, disabled, onInput }: {
    label: string;
    hint?: string;
    checked: boolean;
    disabled?: boolean;
    onInput: (checked: boolean) => void;
  },
) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled ?? false}
        onChange={(event) => onInput(event.currentTarget.checked)}
      />
      <span>
        {label}
        {hint && <span class="muted small">{` ${hint}`}</span>}
      </span>
    </label>
  );
}

/** A choice among few, side by side. */
export function Segments<V extends string>(
  { label, value, choices, onInput }: {
    label: string;
    value: V;
    choices: readonly Choice<V>[];
    onInput: (value: V) => void;
  },
) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="hidden-visually">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onInput(choice.value)}
          />
          {choice.text}
        </label>
      ))}
    </fieldset>
  );
}

const PAUSE_MS = 250;

/** What one searches for, handed on when the typing pauses. */
export function Search(
  { label, value, onInput }: { label: string; value: string; onInput: (value: string) => void },
) {
  const typed = useSignal(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    typed.value = value;
    return () => clearTimeout(timer.current);
  }, [value]);
  const type = (text: string) => {
    typed.value = text;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onInput(text.trim()), PAUSE_MS);
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input
        class="input"
        type="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={label}
        value={typed.value}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => type(event.currentTarget.value)}
      />
    </div>
  );
}
