import type { Period } from "../../api/schema/stats.ts";
import { Icon } from "../../components/icon.tsx";
import { Segments } from "../../components/segments.tsx";
import { now } from "../../web/clock.ts";
import { setQuery } from "../../web/location.ts";
import { type Span, spanName } from "../../web/span.ts";
import { WORDS } from "./words.ts";

const PERIODS: { value: Period; text: string }[] = [
  { value: "1h", text: "1 h" },
  { value: "24h", text: "24 h" },
  { value: "30d", text: "30 d" },
];
/** Which span the figures beneath are about, and the choice of another. */
export function SpanHead({ span }: { span: Span }) {
  const setPeriod = (period: Period) =>
    setQuery({ period: period === "24h" ? "" : period, from: "", to: "" });
  return (
    <div class="section-head">
      <h2>{spanName(span, now.value)}</h2>
      <div class="actions">
        {span.range && (
          <button
            type="button"
            class="button"
            onClick={() => setQuery({ from: "", to: "" })}
          >
            <Icon name="cross" size={12} />
            {WORDS.wholePeriod}
          </button>
        )}
        <Segments label={WORDS.period} value={span.period} choices={PERIODS} onInput={setPeriod} />
      </div>
    </div>
  );
}
