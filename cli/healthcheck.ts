/** `berth healthcheck`: whether the Berth of this configuration answers, for containers. */
import { registryCertificate } from "../proxy/config/certificates.ts";
import { request as http } from "node:http";
import { request as https } from "node:https";
import { loadConfig } from "../proxy/config/load.ts";
import type { LoadInput } from "../proxy/config/load_input.ts";
import { formatProblem } from "../proxy/config/problem.ts";
import { parseListen } from "../proxy/config/schema.ts";

const TIMEOUT_MS = 5_000;

interface HealthcheckIo extends Omit<LoadInput, "args"> {
  print(line: string): void;
  complain(line: string): void;
}

/**
 * Asks `/healthz` of the registry port. 0: it is healthy; 1: it is not, or does not answer within
 * five seconds; 2: the configuration cannot be used.
 */
export async function healthcheck(args: readonly string[], io: HealthcheckIo): Promise<number> {
  const result = await loadConfig({ ...io, args });
  if (!result.ok) {
    for (const problem of result.problems) io.complain(formatProblem(problem));
    return 2;
  }
  const { config } = result.loaded;
  const url = healthUrl(config.listen, registryCertificate(config).cert_file !== "");
  const outcome = await ask(url).catch((error: Error) => error.message || "no connection");
  if (outcome === 200) {
    io.print(`${url} is healthy`);
    return 0;
  }
  io.complain(`berth: ${url}: ${outcome}`);
  return 1;
}

/** Where this machine reaches a listen address: a wildcard is its loopback. */
export function healthUrl(listen: string, secure: boolean): string {
  const { hostname, port } = parseListen(listen)!;
  const host = ["", "0.0.0.0"].includes(hostname) ? "127.0.0.1" : hostname;
  const name = host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  return `${secure ? "https" : "http"}://${name}:${port}/healthz`;
}

/** The status; whose certificate it is does not matter here. Rejects when there is no answer. */
function ask(url: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const options = { agent: false, timeout: TIMEOUT_MS } as const;
  const request = url.startsWith("https:")
    ? https(url, { ...options, rejectUnauthorized: false })
    : http(url, options);
  request.on("response", (response) => {
    response.resume();
    response.on("end", () => resolve(response.statusCode));
    response.on("error", reject);
  });
  request.on("timeout", () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000}s`)));
  request.on("error", reject);
  request.end();
  return promise;
}
