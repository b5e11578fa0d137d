/**
 * What is counted of each request, kept so that one more costs a few additions. prom-client's own
 * counting spells out labels and bounds each time, which a busy proxy would do a lot of.
 */
import { Counter, Histogram, type Registry } from "prom-client";
import type { RequestRecord } from "./record.ts";

/** Requests that were answered in the same way, since they were last handed on. */
interface Alike {
  readonly registry: string;
  readonly kind: string;
  readonly result: string;
  readonly code: string;
  readonly samples: Samples;
  count: number;
  bytes: number;
}

/** Requests by all their labels; {@linkcode settle} counts them in the metrics before those are read. */
export class RequestCounts {
  readonly #alike = new Map<string, Alike>();
  readonly #firstByte: FirstByteHistogram;
  readonly #requests: Counter<"registry" | "kind" | "result">;
  readonly #responses: Counter<"registry" | "code">;
  readonly #sent: Counter<"registry" | "result">;
  readonly #limited: Counter<"limit">;

  /** `bounds` of the time to the first byte, in seconds, ascending. */
  constructor(register: Registry, bounds: number[]) {
    const registers = [register];
    this.#requests = new Counter({
      name: "berth_requests_total",
      help: "Requests by registry, kind and how the cache answered.",
      labelNames: ["registry", "kind", "result"],
      registers,
    });
    this.#responses = new Counter({
      name: "berth_responses_total",
      help: "Responses by registry and status code.",
      labelNames: ["registry", "code"],
      registers,
    });
    this.#sent = new Counter({
      name: "berth_response_bytes_total",
      help: "Body bytes sent to clients or handed over, by how the cache answered.",
      labelNames: ["registry", "result"],
      registers,
    });
    this.#limited = new Counter({
      name: "berth_limited_total",
      help: "Requests that a limit refused or slowed down, by the limit.",
      labelNames: ["limit"],
      registers,
    });
    this.#firstByte = new FirstByteHistogram(register, bounds);
  }

  add(record: RequestRecord): void {
    const { registry, kind, cache: result, status, bytes, firstByteMs, limited } = record;
    if (limited !== "") this.#limited.inc({ limit: limited });
    const key = `${registry} ${kind} ${result} ${status}`;
    let alike = this.#alike.get(key);
    if (!alike) {
      const samples = this.#firstByte.samples(kind, result);
      alike = { registry, kind, result, code: String(status), count: 0, bytes: 0, samples };
      this.#alike.set(key, alike);
    }
    alike.count++;
    alike.bytes += bytes;
    observe(alike.samples, firstByteMs / 1000);
  }

  settle(): void {
    for (const alike of this.#alike.values()) {
      const { registry, kind, result, code, count, bytes } = alike;
      if (count === 0) continue;
      this.#requests.inc({ registry, kind, result }, count);
      this.#responses.inc({ registry, code }, count);
      this.#sent.inc({ registry, result }, bytes);
      alike.count = alike.bytes = 0;
    }
  }
}

/** Samples with the same labels, by the first bound that is not below them. */
interface Samples {
  readonly kind: string;
  readonly result: string;
  readonly bounds: readonly number[];
  /** One for each bound, and one for what is above all of them. */
  readonly counts: number[];
  sum: number;
}

function observe(samples: Samples, value: number): void {
  const { bounds, counts } = samples;
  let at = 0;
  while (at < bounds.length && value > bounds[at]!) at++;
  counts[at]!++;
  samples.sum += value;
}

const FIRST_BYTE = {
  name: "berth_first_byte_seconds",
  help: "Time until response headers, by kind and how the cache answered.",
};

/** prom-client's histogram in all that is seen of it, with samples that were counted here. */
class FirstByteHistogram extends Histogram<"kind" | "result"> {
  readonly #bounds: readonly number[];
  readonly #samples = new Map<string, Samples>();

  constructor(register: Registry, bounds: number[]) {
    super({
      ...FIRST_BYTE,
      buckets: bounds,
      labelNames: ["kind", "result"],
      registers: [register],
    });
    this.#bounds = bounds;
  }

  /** Where requests of one kind and result are counted. */
  samples(kind: string, result: string): Samples {
    const key = `${kind} ${result}`;
    let samples = this.#samples.get(key);
    if (!samples) {
      const counts = new Array(this.#bounds.length + 1).fill(0);
      samples = { kind, result, bounds: this.#bounds, counts, sum: 0 };
      this.#samples.set(key, samples);
    }
    return samples;
  }

  /** What prom-client reads of its histograms; the rest of it makes do with that. */
  getForPromString(): Promise<object> {
    const values = [...this.#samples.values()].flatMap((samples) => this.#valuesOf(samples));
    return Promise.resolve({ ...FIRST_BYTE, type: "histogram", aggregator: "sum", values });
  }

  #valuesOf({ kind, result, counts, sum }: Samples) {
    const sharedLabels = { kind, result };
    let count = 0;
    const buckets = counts.map((more, at) => ({
      metricName: `${FIRST_BYTE.name}_bucket`,
      labels: { le: this.#bounds[at] ?? "+Inf" },
      sharedLabels,
      value: count += more,
    }));
    return [
      ...buckets,
      { metricName: `${FIRST_BYTE.name}_sum`, labels: {}, sharedLabels, value: sum },
      { metricName: `${FIRST_BYTE.name}_count`, labels: {}, sharedLabels, value: count },
    ];
  }
}
