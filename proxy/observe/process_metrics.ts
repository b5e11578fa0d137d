/**
 * Process metrics under the names that Prometheus' own clients use. prom-client's collector reads
 * Node internals that Deno fills with zeros, and keeps timers running; these read what is there.
 */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";

/** Registers CPU, memory, open files, start time and event loop lag on `register`. */
export function collectProcessMetrics(register: Registry): void {
  const started = Date.now() / 1000 - performance.now() / 1000;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time spent, in seconds.",
    registers: [register],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
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
  // Where the system does not tell, nothing is said of it either.
  if (openFiles() !== undefined) {
    gaugeOf(register, "process_open_fds", "Open file descriptors.", openFiles);
  }
  if (maxFiles() !== undefined) {
    gaugeOf(register, "process_max_fds", "Most file descriptors that may be open.", maxFiles);
  }
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

function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined; // not Linux, or not permitted
  }
}

function maxFiles(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return limit ? Number(limit[1]) : undefined;
  } catch {
    return undefined; // not Linux
  }
}
