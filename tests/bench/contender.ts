/** A proxy under test, with what its processes cost, by proc(5). */
import type { Berth } from "../e2e/harness/berth.ts";

export interface Contender extends AsyncDisposable {
  readonly url: string;
  /** The certificate to trust, for one over TLS. */
  readonly caFile?: string;
  /** Berth itself, where it is one. */
  readonly berth?: Berth;
  /** CPU seconds, user and system, that its processes have used so far. */
  cpuSeconds(): Promise<number>;
  /** The memory that its processes hold, in bytes. */
  memory(): Promise<number>;
  /** The most memory that its processes have held so far, in bytes. */
  peakMemory(): Promise<number>;
}

/** Starts a proxy in front of an upstream's URL. */
export type StartContender = (upstream: string) => Promise<Contender>;

/** By the name of their column. */
export type Starters = Record<string, StartContender>;

/** Of a second: what /proc/PID/stat counts in (`getconf CLK_TCK`; 100 on every Linux of today). */
const TICK = 0.01;

/** The running proxy `pid`; `owned` is what ends with it. */
export function contender(
  url: string,
  pid: number,
  owned: AsyncDisposable,
  more: Pick<Contender, "caFile" | "berth"> = {},
): Contender {
  return {
    url,
    ...more,
    cpuSeconds: () => sum(pid, cpuSeconds),
    memory: () => sum(pid, (one) => statusOf(one, "VmRSS")),
    peakMemory: () => sum(pid, (one) => statusOf(one, "VmHWM")),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Several processes as one contender at `url`: its figures are their sums. */
export function combined(url: string, pids: number[], owned: AsyncDisposable): Contender {
  const parts = pids.map((pid) => contender(url, pid, owned));
  const total = async (figure: (part: Contender) => Promise<number>) =>
    (await Promise.all(parts.map(figure))).reduce((all, one) => all + one, 0);
  return {
    url,
    cpuSeconds: () => total((part) => part.cpuSeconds()),
    memory: () => total((part) => part.memory()),
    peakMemory: () => total((part) => part.peakMemory()),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Over a process and its children: nginx works in those. */
async function sum(pid: number, figure: (pid: number) => Promise<number>): Promise<number> {
  const children = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).split(" ");
  const pids = [pid, ...children.filter((one) => one).map(Number)];
  return (await Promise.all(pids.map(figure))).reduce((total, one) => total + one, 0);
}

/** `utime` and `stime`, the 14th and 15th field. The 2nd may hold spaces, but ends with the last `)`. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** A field of /proc/PID/status that counts kilobytes, in bytes. */
async function statusOf(pid: number, field: string): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
}
