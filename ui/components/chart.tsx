/** Stacked columns over time, drawn by uPlot. */
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Point } from "../api/schema/stats.ts";
import { formatMark, formatStep } from "../web/format.ts";
import { BYTE_STEPS, type Columns, COUNT_STEPS, toColumns, wholeSteps } from "../web/series.ts";
import { theme } from "../web/theme.ts";

interface Key {
  label: string;
  tone: "hit" | "stale" | "miss" | "pull" | "error";
}

export interface Series<P extends { time: number } = Point> extends Key {
  value: (point: P) => number;
}

interface Span {
  from: number;
  to: number;
  stepMs: number;
}

interface Drawing {
  title: string;
  span: Span;
  /** Bottom first. */
  series: readonly Key[];
  unit: "count" | "bytes";
  format: (value: number) => string;
  /** Of the plot, in pixels. */
  height: number;
  /** What an empty plot says. */
  nothing: string;
  /** Called with whole steps, Unix milliseconds, after dragging over the chart. */
  onSelect: (from: number, to: number) => void;
}

interface ChartProps<P extends { time: number }> extends Drawing {
  points: readonly P[];
  series: readonly Series<P>[];
}

interface Hover {
  index: number;
  /** Pixels from the left of the plot. */
  left: number;
  width: number;
}

export function Chart<P extends { time: number }>(props: ChartProps<P>) {
  const { title, points, span, series, format, height, nothing } = props;
  const place = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const hover = useSignal<Hover | undefined>(undefined);
  const columns = toColumns(points, span, series.map(({ value }) => value));
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef<Latest["current"]>({ props, columns });
  latest.current = { props, columns };
  const dark = useDark();
  const empty = isNothing(columns);

  useEffect(() => {
    if (empty) return;
    const colors = colorsOf(head.current!, series);
    plot.current = new uPlot(
      optionsOf(latest, colors, (next) => hover.value = next),
      dataOf(columns),
      place.current!,
    );
    const resize = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry!.contentRect.width);
      if (width > 0) plot.current?.setSize({ width, height });
    });
    resize.observe(place.current!);
    return () => {
      resize.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
      hover.value = undefined;
    };
  }, [dark, empty, series.length, span.stepMs]);

  useEffect(() => {
    plot.current?.setData(dataOf(columns));
  }, [points, span.from, span.to]);

  return (
    <div class="chart">
      <Legend head={head} title={title} series={series} />
      <div
        class="chart-plot"
        ref={place}
        role="img"
        aria-label={`${title}. Figures below.`}
        style={empty ? {} : { height: `${height}px` }}
      >
        {empty && <p class="chart-nothing">{nothing}</p>}
        {hover.value && (
          <Tip hover={hover.value} columns={columns} span={span} series={series} format={format} />
        )}
      </div>
    </div>
  );
}

function Legend(
  { head, title, series }: {
    head: RefObject<HTMLDivElement | null>;
    title: string;
    series: readonly Key[];
  },
) {
  return (
    <div class="chart-head" ref={head}>
      <h3>
        {series.length === 1 && <i class={`key ${series[0]!.tone}`} />}
        {title}
      </h3>
      {series.length > 1 && (
        <div class="legend">
          {[...series].reverse().map(({ label, tone }) => (
            <span key={tone}>
              <i class={`key ${tone}`} />
              {label}
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

function Tip(
  { hover, columns, span, series, format }: {
    hover: Hover;
    columns: Columns;
    span: Span;
    series: readonly Key[];
    format: (value: number) => string;
  },
) {
  const start = columns.x[hover.index]! * 1000 - span.stepMs / 2;
  const gap = columns.values[0]![hover.index] === null;
  const side = hover.left > hover.width / 2
    ? { right: `${hover.width - hover.left + 16}px` }
    : { left: `${hover.left + 16}px` };
  return (
    <div class="chart-tip" style={side}>
      <b>{formatStep(start, span.stepMs, Date.now())}</b>
      {gap
        ? <div>Berth was not running</div>
        : [...series.keys()].reverse().map((i) => (
          <div key={i}>
            <i class={`key ${series[i]!.tone}`} />
            <span>{series[i]!.label}</span>
            <span>{format(columns.values[i]![hover.index] ?? 0)}</span>
          </div>
        ))}
    </div>
  );
}

/** Whether Berth ran and there was nothing to draw. */
function isNothing({ tops }: Columns): boolean {
  const known = tops.at(-1)!.filter((top) => top !== null);
  return known.length > 0 && known.every((top) => top === 0);
}

/** Tallest first, since each column is drawn over the one before. */
function dataOf(columns: Columns): uPlot.AlignedData {
  return [columns.x, ...[...columns.tops].reverse()];
}

interface Colors {
  series: string[];
  text: string;
  line: string;
}

/** Colours as the style sheet has them now; canvas knows no custom properties. */
function colorsOf(head: HTMLElement, series: readonly Key[]): Colors {
  const style = (selector: string) => getComputedStyle(head.querySelector(selector)!);
  return {
    series: series.map(({ tone }) => style(`.key.${tone}`).backgroundColor),
    text: getComputedStyle(head).color,
    line: getComputedStyle(head.closest(".panel") ?? head).borderTopColor,
  };
}

/** What the chart shows now; the plot lives longer than one rendering. */
interface Latest {
  current: { props: Drawing; columns: Columns };
}

function optionsOf(
  latest: Latest,
  colors: Colors,
  onHover: (hover: Hover | undefined) => void,
): uPlot.Options {
  const { series, height } = latest.current.props;
  return {
    width: 400,
    height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: "stats" },
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { time: true, range: () => reachOf(latest.current) },
      y: { range: (_, __, max) => [0, Math.max(max * 1.08, 1)] },
    },
    axes: axesOf(latest, colors),
    series: [
      {},
      ...series.map(({ label }, i) => ({
        label,
        fill: colors.series[i]!,
        width: 0,
        points: { show: false },
        paths: columnPaths(() => latest.current.props.span.stepMs / 1000),
      })).reverse(),
    ],
    hooks: hooksOf(latest, onHover),
  };
}

/** Times beneath, amounts at the left. */
function axesOf(latest: Latest, colors: Colors): uPlot.Axis[] {
  const span = () => latest.current.props.span;
  const font = "12px system-ui, sans-serif";
  const grid = { stroke: colors.line, width: 1 };
  const { unit, format, height } = latest.current.props;
  return [
    {
      stroke: colors.text,
      font,
      grid: { show: false },
      ticks: { show: false },
      size: 28,
      gap: 6,
      space: 72,
      values: (_, splits) =>
        splits.map((value) => formatMark(value * 1000, span().to - span().from)),
    },
    {
      stroke: colors.text,
      font,
      grid,
      ticks: { show: false },
      size: unit === "bytes" ? 64 : 48,
      gap: 8,
      space: height / 6,
      incrs: [...(unit === "bytes" ? BYTE_STEPS : COUNT_STEPS)],
      values: (_, splits) => splits.map((value) => value === 0 ? "0" : format(value)),
    },
  ];
}

/** Tells where the pointer is, and which range was dragged. */
function hooksOf(
  latest: Latest,
  onHover: (hover: Hover | undefined) => void,
): uPlot.Hooks.Arrays {
  return {
    setCursor: [({ cursor, bbox, over }) => {
      const { idx, left } = cursor;
      if (idx === null || idx === undefined || left === undefined || left < 0) {
        return onHover(undefined);
      }
      const inset = bbox.left / devicePixelRatio;
      onHover({ index: idx, left: left + inset, width: over.clientWidth + inset });
    }],
    setSelect: [(plot) => {
      const { left, width } = plot.select;
      if (width < 4) return;
      const at = (pixel: number) => plot.posToVal(pixel, "x") * 1000;
      const range = wholeSteps({ from: at(left), to: at(left + width) }, latest.current.props.span);
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      latest.current.props.onSelect(range.from, range.to);
    }],
  };
}

/** Columns four fifths of a step wide, whatever lies beside them. */
function columnPaths(step: () => number): uPlot.Series.PathBuilder {
  return (plot, index, first, last) => {
    const fill = new Path2D();
    const [xs, values] = [plot.data[0], plot.data[index]!];
    const bottom = plot.valToPos(0, "y", true);
    for (let i = first; i <= last; i++) {
      const value = values[i];
      if (!value) continue;
      const left = Math.round(plot.valToPos(xs[i]! - step() * 0.4, "x", true));
      const right = Math.round(plot.valToPos(xs[i]! + step() * 0.4, "x", true));
      const top = Math.round(plot.valToPos(value, "y", true));
      fill.rect(left, top, Math.max(1, right - left), bottom - top);
    }
    return { fill, stroke: null };
  };
}

/** The whole of the first and of the last step, in seconds. */
function reachOf({ props, columns }: { props: Drawing; columns: Columns }): [number, number] {
  const half = props.span.stepMs / 2000;
  return [columns.x[0]! - half, columns.x.at(-1)! + half];
}

/** True while the dark theme shows, by choice or by the system's. */
function useDark(): boolean {
  const system = useSignal(matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const change = () => system.value = media.matches;
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, []);
  return theme.value === "system" ? system.value : theme.value === "dark";
}
