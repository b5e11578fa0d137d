import type { ComponentChildren } from "preact";
import type { Counters } from "../../api/schema/stats.ts";
import {
  formatBytes,
  formatCount,
  formatMoney,
  formatRoughly,
  formatShare,
} from "../../web/format.ts";
import { live, status } from "../../web/live.ts";
import { cacheable, ratioChange, served } from "../../web/ratio.ts";
import { failuresPath, type Span, spanBefore } from "../../web/span.ts";

interface TilesProps {
  total: Counters;
  previous: Counters | null;
  span: Span;
}

/** The four figures that matter most. */
export function Tiles({ total, previous, span }: TilesProps) {
  const perMinute = live.value?.lastMinute.pulls;
  const price = status.value?.price;
  const saved = [
    ...(total.timeSavedMs >= 1000 ? [formatRoughly(total.timeSavedMs)] : []),
    ...(price ? [formatMoney(total.bytesFromCache / 1e9 * price.perGb, price.currency)] : []),
  ];
  return (
    <dl class="tiles">
      <Tile name="Hit ratio" figure={formatShare(served(total), cacheable(total))}>
        {ratioChange(total, previous, spanBefore(span)) ||
          `${formatCount(served(total))} of ${formatCount(cacheable(total))} requests`}
      </Tile>
      <Tile name="Saved" figure={formatBytes(total.bytesFromCache)}>
        not downloaded again{saved.length > 0 && ` (≈ ${saved.join(", ")} saved)`}
      </Tile>
      <Tile name="Pulls" figure={formatCount(total.pulls)}>
        {perMinute !== undefined && !span.range
          ? `${formatCount(perMinute)} in the last minute`
          : `${formatCount(total.requests)} requests`}
      </Tile>
      <Tile
        name="Errors"
        figure={<span class={total.errors > 0 ? "tone-bad" : ""}>{formatCount(total.errors)}</span>}
      >
        {total.errors > 0 && <a href={failuresPath("errors", span)}>Show them</a>}
        {total.errors > 0 && total.refused > 0 && ", "}
        {total.refused > 0 && (
          <a href={failuresPath("refused", span)}>{formatCount(total.refused)} refused</a>
        )}
        {total.errors + total.refused === 0 && "No errors"}
      </Tile>
    </dl>
  );
}

function Tile(
  { name, figure, children }: {
    name: string;
    figure: ComponentChildren;
    children: ComponentChildren;
  },
) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="figure">{typeof figure === "string" ? <Figure text={figure} /> : figure}</dd>
      <dd class="aside">{children}</dd>
    </div>
  );
}

/** A number with its unit set smaller. */
function Figure({ text }: { text: string }) {
  const [number, unit] = text.split("\u00a0");
  return <>{number}{unit && <span class="unit">{`\u00a0${unit}`}</span>}</>;
}
