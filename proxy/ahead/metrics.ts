/** What is fetched ahead of clients, for Prometheus. */
import { Counter, type Registry } from "prom-client";
import { type ImageProgress, sumsOf } from "./progress.ts";
import type { RunResult } from "./rule.ts";

/** Told of what is over. */
interface AheadMetrics {
  image(image: ImageProgress): void;
  run(result: RunResult): void;
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
  return {
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
