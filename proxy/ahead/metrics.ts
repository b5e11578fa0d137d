/** What is fetched ahead of clients, for Prometheus. */
import { Counter, type Registry } from "prom-client";
import { type ImageProgress, sumsOf } from "./progress.ts";
import type { Totals } from "./learned_state.ts";
import type { RunResult } from "./rule.ts";

/** Told of what is over. */
interface AheadMetrics {
  image(image: ImageProgress): void;
  run(result: RunResult): void;
  /** What learning cost or saved at a registry. */
  learned(registry: string, more: Partial<Totals>): void;
}

/** Registers the counters. */
export function aheadMetrics(register: Registry): AheadMetrics {
  const registers = [register];
  const images = new Counter({
    name: "berth_prefetch_images_total",
    help: "Images that Berth fetched ahead of clients, or tried to, by how that ended.",
    labelNames: ["registry", "result"] as const,
    registers,
  });
  const bytes = new Counter({
    name: "berth_prefetch_bytes_total",
    help: "Bytes of content that came ahead of clients.",
    labelNames: ["registry"] as const,
    registers,
  });
  const runs = new Counter({
    name: "berth_prefetch_runs_total",
    help: "Runs of the warm list's rules, by how they ended.",
    labelNames: ["result"] as const,
    registers,
  });
  for (const result of ["done", "failed", "cancelled", "closed"]) runs.inc({ result }, 0);
  const learned = learnedCounters(registers);
  return {
    learned(registry, more) {
      for (const [name, { counter, unit }] of learned) {
        const value = more[name];
        if (value !== undefined) counter.inc({ registry }, value / unit);
      }
    },
    image({ registry, state, parts }) {
      const { came } = sumsOf(parts);
      const done = came.parts === 0 ? "here" : "came";
      const result = state === "done" ? done : state;
      images.inc({ registry, result });
      bytes.inc({ registry }, came.bytes);
    },
    run: ({ state }) => runs.inc({ result: state }),
  };
}

/** What learning counts, by its name there; `unit`: how much of it is one of the metric. */
function learnedCounters(registers: Registry[]) {
  const counter = (name: string, help: string) =>
    new Counter({
      name: `berth_prefetch_learned_${name}_total`,
      help,
      labelNames: ["registry"] as const,
      registers,
    });
  const of = (name: string, help: string, unit = 1) => ({ counter: counter(name, help), unit });
  return new Map<Exclude<keyof Totals, "since">, ReturnType<typeof of>>([
    ["checks", of("checks", "Tags that learning looked at.")],
    ["moved", of("moved", "Tags that learning found to stand for something that was not cached.")],
    ["requests", of("requests", "Questions to registries that learning took.")],
    ["pulls", of("pulls", "Manifests that learning fetched, which registries count as pulls.")],
    ["bytes", of("bytes", "Bytes that learning took from registries.")],
    ["found", of("found", "Pulls of tags that had moved and were here because of learning.")],
    ["savedBytes", of("saved_bytes", "Bytes that these pulls had from here.")],
    ["savedMs", of("saved_seconds", "Estimated time that these pulls were spared.", 1000)],
  ]);
}
