import { status } from "../web/live.ts";
import { setQuery } from "../web/location.ts";
import { Choose } from "./choice.tsx";

/** Which Berth of a cluster a page shows, kept in the address; there is a choice in one alone. */
export function ChooseMember({ label, value }: { label: string; value: string }) {
  const cluster = status.value?.cluster;
  if (!cluster) return null;
  const choices = [
    { value: "", text: `${cluster.id} (this one)` },
    ...cluster.peers.map(({ id }) => ({ value: id, text: id })),
  ];
  const gone = value && !choices.some((choice) => choice.value === value);
  if (gone) choices.push({ value, text: `${value} (gone)` });
  return (
    <Choose
      label={label}
      value={value}
      choices={choices}
      onInput={(member) => setQuery({ member, page: "" })}
    />
  );
}
