/** What is fetched ahead of clients, for Prometheus. */
import { Counter, type Registry } from "prom-client";
import { type ImageProgress, sumsOf } from "./progress.ts";

/** Registers the counters; the result counts an image that is over. */
export function aheadMetrics(register: Registry): (image: ImageProgress) => void {
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
  return ({ registry, state, parts }) => {
    const { came } = sumsOf(parts);
    const done = came.parts === 0 ? "here" : "came";
    const result = state === "done" ? done : state;
    images.inc({ registry, result });
    bytes.inc({ registry }, came.bytes);
  };
}
