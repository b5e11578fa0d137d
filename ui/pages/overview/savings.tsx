/** What was asked and what it saved, over a span that the reader chooses. */
import { useEffect, useRef } from "preact/hooks";
import { ErrorBoundary } from "preact-iso/lazy";
import type { Counters, Stats } from "../../api/schema/stats.ts";
import type { Status } from "../../api/schema/status.ts";
import { later } from "../../components/later.tsx";
import { Loaded } from "../../components/states.tsx";
import { now } from "../../web/clock.ts";
import { live } from "../../web/live.ts";
import { query } from "../../web/location.ts";
import { difference, sum } from "../../web/ratio.ts";
import { useResource } from "../../web/resource.ts";
import { type Span, spanFromQuery, spanName } from "../../web/span.ts";
import { Charts } from "./charts.tsx";
import { FiguresBeneath } from "./figures_beneath.tsx";
import { RegistryTable } from "./registry_table.tsx";
import { SpanHead } from "./span_head.tsx";
import { Tiles } from "./tiles.tsx";
import { WORDS } from "./words.ts";

const REFRESH_MS = 10e3;
const SummedUp = later(({ SummedUp }) => SummedUp);

export function Savings({ status }: { status: Status }) {
  const span = spanFromQuery(query.value);
  const asked = { query: { period: span.period, ...span.range } };
  const stats = useResource("/stats", asked, { everyMs: REFRESH_MS });
  useReloadAfter(live.value?.total.requests, stats.reload);
  return (
    <>
      <section class="section" aria-label={WORDS.savings}>
        <SpanHead span={span} />
        <div class="panel">
          <Loaded resource={stats} lines={12}>
            {(data) => (
              <>
                {data.members && (
                  <ErrorBoundary>
                    <SummedUp members={data.members} />
                  </ErrorBoundary>
                )}
                <TickingTiles stats={data} span={span} />
                <Charts stats={data} />
                <FiguresBeneath stats={data} />
              </>
            )}
          </Loaded>
        </div>
      </section>
      {stats.data && (
        <RegistryTable status={status} stats={stats.data} name={spanName(span, now.value)} />
      )}
    </>
  );
}

const SOON_MS = 2000;

/** Calls `reload` once, soon after `figure` has begun to change. */
function useReloadAfter(figure: number | undefined, reload: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const seen = useRef(figure);
  useEffect(() => {
    if (seen.current === undefined) seen.current = figure;
    if (figure === seen.current || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      seen.current = live.peek()?.total.requests;
      reload();
    }, SOON_MS);
  }, [figure, reload]);
  useEffect(() => () => clearTimeout(timer.current), []);
}

/**
 * The tiles, with what happened since the figures were loaded added on: not of a cluster, whose
 * members come and go with all that they counted before.
 */
function TickingTiles({ stats, span }: { stats: Stats; span: Span }) {
  const base = useRef<{ stats: Stats; total: Counters | undefined } | undefined>(undefined);
  if (base.current?.stats !== stats) base.current = { stats, total: live.value?.total };
  base.current.total ??= live.value?.total;
  const since = base.current.total;
  const ticking = !stats.members && !span.range && since !== undefined && live.value !== undefined;
  const total = ticking ? sum(stats.total, difference(live.value!.total, since)) : stats.total;
  return <Tiles total={total} previous={stats.previous} span={span} />;
}
