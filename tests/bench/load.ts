/** Load on a proxy, and what it came to. */
import { join } from "node:path";
import { run } from "../e2e/harness/process.ts";
import type { Plan, Transfer } from "./client.ts";
import { MANIFEST } from "./upstream.ts";

const CLIENT = join(import.meta.dirname!, "client.ts");

interface Load {
  transfers: Transfer[];
  /** Of all bodies. */
  bytes: number;
  /** From the start to the last byte. */
  milliseconds: number;
}

/** Carries out `plan`; throws unless every body is 200 (206 for a range) and `size` long. */
export async function transfer(plan: Plan, size: number): Promise<Load> {
  const output = await run(Deno.execPath(), ["run", "-A", CLIENT, JSON.stringify(plan)]);
  const transfers = JSON.parse(output) as Transfer[];
  const status = plan.requests.some(({ range }) => range) ? 206 : 200;
  const wrong = transfers.find((one) => one.status !== status || one.bytes !== size);
  if (wrong) {
    const { url } = plan.requests[0]!;
    throw new Error(`${url}: status ${wrong.status}, ${wrong.bytes} of ${size} bytes`);
  }
  return {
    transfers,
    bytes: transfers.length * size,
    milliseconds: Math.max(...transfers.map(({ end }) => end)),
  };
}

/** `clients` curls at once, each with the same `args` and the URL `times` over one connection. */
export async function curls(
  clients: number,
  times: number,
  args: string[],
  url: string,
  size: number,
): Promise<{ bytes: number; milliseconds: number }> {
  const urls = Array.from({ length: times }, () => ["-o", "/dev/null", url]).flat();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, () => run("curl", ["-sSf", ...args, ...urls])),
  );
  return { bytes: clients * times * size, milliseconds: performance.now() - began };
}

/** One GET, so that what follows is answered from the cache. */
export async function warm(url: string): Promise<void> {
  const response = await fetch(url, { headers: { accept: MANIFEST } });
  await response.body?.pipeTo(new WritableStream());
  if (response.status !== 200) throw new Error(`${url}: status ${response.status}`);
}

/** What wrk gets answered over 32 connections; throws when an answer is not 200. */
export async function requestRate(
  url: string,
  seconds: number,
): Promise<{ requests: number; perSecond: number }> {
  const output = await run("wrk", [
    ...["-t", "1", "-c", "32", "-d", `${seconds}s`],
    ...["-H", `Accept: ${MANIFEST}`, url],
  ]);
  const perSecond = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1];
  const requests = /^\s*(\d+) requests in /m.exec(output)?.[1];
  if (!perSecond || !requests || /Non-2xx|Socket errors/.test(output)) {
    throw new Error(`wrk ${url}:\n${output}`);
  }
  return { requests: Number(requests), perSecond: Number(perSecond) };
}

/** Milliseconds that each answer takes when one client asks every `interval` ms until `over` settles. */
export async function latencies(
  url: string,
  interval: number,
  over: Promise<unknown>,
): Promise<number[]> {
  let running = true;
  const end = () => void (running = false);
  over.then(end, end);
  const samples: number[] = [];
  while (running) {
    const began = performance.now();
    await warm(url);
    const took = performance.now() - began;
    samples.push(took);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, interval - took)));
  }
  return samples;
}

/** The smallest sample that `part` (0 to 1) of all samples do not exceed. */
export function quantile(samples: number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}
