/** How far back a list reaches. */
import { setQuery } from "../web/location.ts";
import { fromLocal, type Range, type Reach, toLocal } from "../web/reach.ts";
import { type Choice, Choose } from "./choice.tsx";

const CHOICES: readonly Choice<Reach>[] = [
  { value: "24h", text: "Last 24 hours" },
  { value: "7d", text: "Last 7 days" },
  { value: "30d", text: "Last 30 days" },
  { value: "between", text: "From … to …" },
];

export function ChooseReach({ range }: { range: Range }) {
  const choose = (reach: Reach) =>
    setQuery({
      ...{ reach: reach === "24h" ? "" : reach, to: "", page: "" },
      from: reach === "between" ? range.from : "",
    });
  return (
    <>
      <Choose label="Time" value={range.reach} choices={CHOICES} onInput={choose} />
      {range.reach === "between" && (
        <>
          <Moment label="From" name="from" value={range.from} />
          <Moment label="To" name="to" value={range.to} />
        </>
      )}
    </>
  );
}

function Moment(
  { label, name, value }: { label: string; name: string; value: string | undefined },
) {
  return (
    <input
      class="input compact"
      type="datetime-local"
      aria-label={label}
      value={toLocal(value)}
      onChange={(event) => setQuery({ [name]: fromLocal(event.currentTarget.value), page: "" })}
    />
  );
}
