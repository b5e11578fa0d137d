/** What the environment of the process says: outgoing proxies, and how many files may be open. */
import { maskUserinfo } from "../../proxy/config/secrets.ts";
import type { Environment } from "../../proxy/upstream/proxies.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const PROXIES = ["http_proxy", "https_proxy", "all_proxy"];

/** Proxy variables as registries are reached by them; passwords are masked. */
export function proxyVariables(env: Environment): Finding[] {
  const findings = PROXIES.flatMap((name): Finding[] => {
    const [lower, upper] = [env[name], env[name.toUpperCase()]];
    const value = lower || upper;
    if (!value) return [];
    const shown = maskUserinfo(value);
    if (!URL.canParse(value.includes("://") ? value : `http://${value}`)) {
      return [problem(name, `${shown} is not a URL`, "Expected http://HOST:PORT.")];
    }
    if (lower && upper && lower !== upper) {
      const next = `${name} is used; unset one of them.`;
      return [warning(name, `${name} and ${name.toUpperCase()} differ`, next)];
    }
    return [ok(name, `registries are reached through ${shown}`)];
  });
  const exempt = env.no_proxy || env.NO_PROXY;
  const used = findings.length > 0;
  return used && exempt ? [...findings, ok("no_proxy", `except for ${exempt}`)] : findings;
}

/** Each client and each download takes some. */
const FEW_FILES = 4096;

/** The limit of open files; nothing where the system does not say. `read` reads a file's text. */
export async function fileLimit(
  read: (file: string) => Promise<string> = Deno.readTextFile,
): Promise<Finding[]> {
  const limits = await read("/proc/self/limits").catch(() => "");
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined) return [];
  if (soft !== "unlimited" && Number(soft) < FEW_FILES) {
    return [warning(
      "open files",
      `${soft} at most, which is few for many clients at once`,
      "Raise it: ulimit -n 65536, LimitNOFILE=65536 of systemd, or --ulimit of docker.",
    )];
  }
  return [ok("open files", `${soft} at most`)];
}
