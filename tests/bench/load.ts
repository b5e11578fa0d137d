/** Load on a proxy, and what it came to. */
import { join } from "node:path";
import { run } from "../e2e/harness/process.ts";
import type { Transfer } from "./client.ts";
import { MANIFEST } from "./upstream.ts";

const CLIENT = join(import.meta.dirname!, "client.ts");

interface Load {
  transfers: Transfer[];
  /** Milliseconds from the start to the last byte. */
  total: number;
}

/** Has `clients` transfer `url` `times` each; throws unless every body is 200 and `size` long. */
export async function transfer(
  url: string,
  size: number,
  clients: number,
  times = 1,
): Promise<Load> {
  const args = ["run", "-A", CLIENT, String(clients), String(times), url];
  const transfers = JSON.parse(await run(Deno.execPath(), args)) as Transfer[];
  const wrong = transfers.find(({ status, bytes }) => status !== 200 || bytes !== size);
  if (wrong) throw new Error(`${url}: status ${wrong.status}, ${wrong.bytes} of ${size} bytes`);
  return { transfers, total: Math.max(...transfers.map(({ end }) => end)) };
}

/** One GET, so that what follows is answered from the cache. */
export async function warm(url: string): Promise<void> {
  const response = await fetch(url, { headers: { accept: MANIFEST } });
  await response.body?.pipeTo(new WritableStream());
  if (response.status !== 200) throw new Error(`${url}: status ${response.status}`);
}

/** Requests a second that wrk gets answered, over 32 connections; throws when one is not 200. */
export async function requestRate(url: string, seconds: number): Promise<number> {
  const output = await run("wrk", [
    ...["-t", "1", "-c", "32", "-d", `${seconds}s`],
    ...["-H", `Accept: ${MANIFEST}`, url],
  ]);
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1];
  if (!rate || /Non-2xx|Socket errors/.test(output)) throw new Error(`wrk ${url}:\n${output}`);
  return Number(rate);
}
