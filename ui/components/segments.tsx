import { useId } from "preact/hooks";
import type { Choice } from "./choice.tsx";

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
