import { status } from "../web/live.ts";
import { Choose } from "./choice.tsx";

/** One registry of the map, or all of them (empty). */
export function ChooseRegistry(
  { value, onInput }: { value: string; onInput: (value: string) => void },
) {
  const names = (status.value?.registries ?? []).map(({ name }) => ({ value: name, text: name }));
  const choices = [{ value: "", text: "All registries" }, ...names];
  return <Choose label="Registry" value={value} choices={choices} onInput={onInput} />;
}
