/** Whether the addresses of the configuration can be listened on, or Berth does so already. */
import { dashboardCertificate, registryCertificate } from "../../proxy/config/certificates.ts";
import { type Config, parseListen } from "../../proxy/config/schema.ts";
import { askHealth, healthUrl } from "../healthcheck.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** One finding for each address that is set. */
export async function portFindings(config: Config): Promise<Finding[]> {
  const addresses: [key: string, listen: string, secure: boolean][] = [
    ["listen", config.listen, registryCertificate(config).cert_file !== ""],
    ["admin.listen", config.admin.listen, dashboardCertificate(config).cert_file !== ""],
    ["forward.listen", config.forward.listen, false],
  ];
  const used = addresses.filter(([, listen]) => listen !== "");
  return await Promise.all(used.map(([key, listen, secure]) => portFinding(key, listen, secure)));
}

async function portFinding(key: string, listen: string, secure: boolean): Promise<Finding> {
  const { hostname, port } = parseListen(listen)!;
  try {
    Deno.listen({ hostname: hostname || "::", port }).close();
    return ok(key, `${listen} is free`);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return await whose(key, listen, secure);
    if (error instanceof Deno.errors.PermissionDenied) {
      return problem(
        key,
        `this user may not listen on ${listen}`,
        "Take a port above 1023, or give the capability CAP_NET_BIND_SERVICE.",
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    return problem(key, `${listen}: ${reason}`, `Set ${key} to an address of this machine.`);
  }
}

async function whose(key: string, listen: string, secure: boolean): Promise<Finding> {
  const answer = await askHealth(healthUrl(listen, secure)).catch(() => undefined);
  if (answer?.status === 200 && answer.text === '{"status":"ok"}') {
    return ok(key, `Berth answers on ${listen}`);
  }
  const { port } = parseListen(listen)!;
  return problem(
    key,
    `${listen} is in use by something else`,
    `See who has it (ss -ltnp "sport = :${port}"), or set ${key}.`,
  );
}
