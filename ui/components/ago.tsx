import { formatAgo, formatMoment } from "../web/format.ts";
import { now } from "../web/clock.ts";

/** How long ago `time` was, kept up to date; the title tells the moment. Null reads `never`. */
export function Ago({ time, never = "never" }: { time: number | null; never?: string }) {
  if (time === null) return <span class="muted">{never}</span>;
  return (
    <time class="nowrap" dateTime={new Date(time).toISOString()} title={formatMoment(time)}>
      {formatAgo(time, now.value)}
    </time>
  );
}
