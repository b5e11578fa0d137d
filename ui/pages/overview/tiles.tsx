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
import { WORDS } from "./words.ts";

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
      <Tile name={WORDS.hitRatio} figure={formatShare(served(total), cacheable(total))}>
        {ratioChange(total, previous, spanBefore(span)) ||
          WORDS.ofRequests(formatCount(served(total)), formatCount(cacheable(total)))}
      </Tile>
      <Tile name={WORDS.saved} figure={formatBytes(total.bytesFromCache)}>
        {WORDS.notDownloadedAgain}
        {saved.length > 0 && WORDS.saved2(saved.join(", "))}
      </Tile>
      <Tile name={WORDS.pulls} figure={formatCount(total.pulls)}>
        {perMinute !== undefined && !span.range
          ? WORDS.inTheLastMinute(formatCount(perMinute))
          : WORDS.requests(formatCount(total.requests))}
      </Tile>
      <Tile
        name={WORDS.errors}
        figure={<span class={total.errors > 0 ? "tone-bad" : ""}>{formatCount(total.errors)}</span>}
      >
        {total.errors > 0 && <a href={failuresPath("errors", span)}>{WORDS.showThem}</a>}
        {total.errors > 0 && total.refused > 0 && ", "}
        {total.refused > 0 && (
          <a href={failuresPath("refused", span)}>{formatCount(total.refused)} {WORDS.refused}</a>
        )}
        {total.errors + total.refused === 0 && WORDS.noErrors}
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
