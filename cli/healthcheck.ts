/** `berth healthcheck`: whether the Berth of this configuration answers, for containers. */
import { registryCertificate } from "../proxy/config/certificates.ts";
import { request as http } from "node:http";
import { request as https } from "node:https";
import { parseListen } from "../proxy/config/schema.ts";
import { type CommandIo, loadOrComplain } from "./command_io.ts";
import { parseCommandLine } from "./command_line.ts";
import { commandNamed } from "./commands.ts";

const TIMEOUT_MS = 5_000;

/**
 * Asks `/healthz` of the registry port. 0: it is healthy; 1: it is not, or does not answer within
 * five seconds; 2: the configuration cannot be used.
 */
export async function healthcheck(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, settings } = parseCommandLine(commandNamed("healthcheck"), args);
  const loaded = await loadOrComplain(settings, io);
  if (!loaded) return 2;
  const { config } = loaded;
  const url = healthUrl(config.listen, registryCertificate(config).cert_file !== "");
  const outcome = await askHealth(url).then(
    ({ status }) => status,
    (error: Error) => error.message || "no connection",
  );
  const healthy = outcome === 200;
  if (values.has("--json")) {
    const reason = healthy ? "" : String(outcome);
    io.print(JSON.stringify({ url, healthy, reason }, null, 2));
  } else if (healthy) io.print(`${url} is healthy`);
  else io.complain(`berth: ${url}: ${outcome}`);
  return healthy ? 0 : 1;
}

/** Where this machine reaches a listen address: a wildcard is its loopback. */
export function healthUrl(listen: string, secure: boolean): string {
  const { hostname, port } = parseListen(listen)!;
  const host = ["", "0.0.0.0"].includes(hostname) ? "127.0.0.1" : hostname;
  const name = host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  return `${secure ? "https" : "http"}://${name}:${port}/healthz`;
}

/** What `/healthz` answered. */
interface Health {
  status: number | undefined;
  text: string;
}

/** Asks `url`; whose certificate it is does not matter here. Rejects when there is no answer. */
export function askHealth(url: string): Promise<Health> {
  const { promise, resolve, reject } = Promise.withResolvers<Health>();
  const options = { agent: false, timeout: TIMEOUT_MS } as const;
  const request = url.startsWith("https:")
    ? https(url, { ...options, rejectUnauthorized: false })
    : http(url, options);
  request.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk) => text += chunk);
    response.on("end", () => resolve({ status: response.statusCode, text }));
    response.on("error", reject);
  });
  request.on("timeout", () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000}s`)));
  request.on("error", reject);
  request.end();
  return promise;
}
