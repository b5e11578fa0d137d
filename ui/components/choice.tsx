/** Fields whose value is one of a few. */
import { useId } from "preact/hooks";
import { describedBy, type FieldProps, Frame } from "./field.tsx";

/** One of the values to choose from. */
export interface Choice<V extends string> {
  value: V;
  text: string;
}

/** A select with a label, a hint and a complaint. */
export function SelectField<V extends string>(
  props: FieldProps & { value: V; choices: readonly Choice<V>[]; onInput: (value: V) => void },
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

/** A box to tick. */
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
