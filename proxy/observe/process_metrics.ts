/**
 * Process metrics under the names that Prometheus' own clients use. prom-client's collector reads
 * Node internals that Deno fills with zeros, and keeps timers running; these read what is there.
 * Open files are not: Deno shows /proc to who has every permission alone.
 */
import process from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";

/** Registers CPU, memory, start time and event loop lag on `register`. */
export function collectProcessMetrics(register: Registry): void {
  const started = Date.now() / 1000 - performance.now() / 1000;
  totalOf(
    register,
    "process_cpu_seconds_total",
    "User and system CPU time spent, in seconds.",
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
  gaugeOf(register, "process_start_time_seconds", "Start time since the epoch, in seconds.", () => {
    return started;
  });
  gaugeOf(register, "process_resident_memory_bytes", "Resident memory size in bytes.", () => {
    return Deno.memoryUsage().rss;
  });
  gaugeOf(register, "berth_heap_used_bytes", "JavaScript heap in use, in bytes.", () => {
    return Deno.memoryUsage().heapUsed;
  });
  gaugeOf(register, "berth_heap_total_bytes", "JavaScript heap reserved, in bytes.", () => {
    return Deno.memoryUsage().heapTotal;
  });
  gaugeOf(
    register,
    "berth_external_memory_bytes",
    "Memory outside of the JavaScript heap that it holds: buffers of content, in bytes.",
    () => Deno.memoryUsage().external,
  );
  new Gauge({
    name: "berth_event_loop_lag_seconds",
    help: "How long a task waited for the event loop at the time of the scrape.",
    registers: [register],
    async collect() {
      const asked = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.set((performance.now() - asked) / 1000);
    },
  });
}

/** A counter of what is counted elsewhere, read at each scrape. */
export function totalOf(register: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [register],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** A gauge that reads its value at each scrape; it is left out where there is none. */
export function gaugeOf(
  register: Registry,
  name: string,
  help: string,
  read: () => number | undefined | Promise<number | undefined>,
): void {
  new Gauge({
    name,
    help,
    registers: [register],
    async collect() {
      const value = await read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}
