/** Each registry as the dashboard tests it, and the clock beside theirs. */
import { formatDuration } from "../../base/units.ts";
import type { LoadedConfig } from "../../proxy/config/load.ts";
import { effectiveValues } from "../../proxy/config/print.ts";
import type { Registry } from "../../proxy/config/schema.ts";
import { discard } from "../../proxy/http/body.ts";
import { timeoutsOf } from "../../proxy/upstream/deadline.ts";
import { createUpstream } from "../../proxy/upstream/native.ts";
import { probe, type ProbeStep } from "../../proxy/upstream/probe.ts";
import type { Environment } from "../../proxy/upstream/proxies.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Milliseconds for everything that is asked of a registry. */
const LIMIT = 30_000;
/** Tokens and certificates are good for minutes; a `Date` header has whole seconds. */
const SKEWED = 60_000;
const BROKEN = 5 * 60_000;

/**
 * Tests every registry, all at once; none of it counts against a quota. One that is built in and not
 * in use may well be out of reach, and is only warned of. Then the clock, beside all that answered.
 */
export async function registryFindings(
  loaded: LoadedConfig,
  env: Environment,
  now: () => number,
): Promise<Finding[]> {
  const { config } = loaded;
  const stated = new Set(
    effectiveValues(loaded, { all: false })
      .filter(({ path, origin }) => path[0] === "registries" && origin.kind !== "built-in")
      .map(({ path }) => path[1] as string),
  );
  const options = { timeouts: timeoutsOf(config.upstream), env };
  const registries = Object.entries(config.registries).map(([name, it]) => ({ ...it, name }));
  const looks = await Promise.all(registries.map(async (registry) => {
    const isUsed = stated.has(registry.name) || registry.name === config.default_registry;
    const finding = await testOf(registry, options, isUsed);
    const skew = finding.result === "ok" ? await skewOf(registry, options, now) : undefined;
    return { name: registry.name, finding, skew };
  }));
  return [...looks.map(({ finding }) => finding), ...clockFinding(looks)];
}

type Options = Pick<Parameters<typeof probe>[1], "timeouts" | "env">;

async function testOf(registry: Registry, options: Options, isUsed: boolean): Promise<Finding> {
  const { name, offline, url } = registry;
  if (offline) return ok(name, "set to offline: not contacted");
  const finding = isUsed ? problem : warning;
  try {
    const { ok: reached, text, steps, ms } = await probe(
      registry,
      options,
      AbortSignal.timeout(LIMIT),
    );
    if (reached) return ok(name, `${text} (${ms} ms)`);
    const step = steps.find(({ result }) => result === "failed");
    const next = nextStep(step?.step, name, new URL(url).host);
    return finding(name, step ? `${step.title}: ${step.text}` : text, next);
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    const reason = late ? `no answer in ${LIMIT / 1000} s` : String((error as Error).message);
    return finding(name, reason, nextStep(undefined, name, new URL(url).host));
  }
}

/** What to do where `step` failed. */
function nextStep(step: ProbeStep["step"] | undefined, name: string, host: string): string {
  switch (step) {
    case "dns":
      return `Check registries.${name}.url, and this machine's resolver (/etc/resolv.conf).`;
    case "connect":
      return `Check that ${host} runs, and that a firewall lets this machine reach it.`;
    case "tls":
      return `Give the CA of ${host} as registries.${name}.ca_file, if it has one of its own.`;
    case "sign-in":
      return `Check registries.${name}.auth: the registry does not accept it.`;
    default:
      return `Check registries.${name}.url, and the way to ${host}.`;
  }
}

/** How far the clock of this machine is ahead of the registry's, in ms; undefined: not known. */
async function skewOf(
  registry: Registry,
  options: Options,
  now: () => number,
): Promise<number | undefined> {
  // Nobody signs in for this.
  const asking = { ...registry, auth: { ...registry.auth, mode: "client" as const } };
  try {
    await using upstream = createUpstream(asking, { ...options, retries: 0 });
    const response = await upstream.ping(AbortSignal.timeout(LIMIT));
    await discard(response);
    const theirs = Date.parse(response.headers.get("date") ?? "");
    return Number.isNaN(theirs) ? undefined : now() - theirs;
  } catch {
    return undefined; // The test says what there is to say.
  }
}

function clockFinding(looks: readonly { name: string; skew: number | undefined }[]): Finding[] {
  const skews = looks.flatMap(({ name, skew }) => skew === undefined ? [] : [{ name, skew }]);
  const amounts = skews.map(({ skew }) => skew).sort((a, b) => a - b);
  if (amounts.length === 0) return [];
  // One registry whose clock is wrong says nothing of this machine's.
  const median = amounts[Math.floor(amounts.length / 2)]!;
  const size = Math.abs(median);
  const names = skews.map(({ name }) => name).join(", ");
  if (size < SKEWED) return [ok("clock", `as ${names} ${skews.length === 1 ? "has" : "have"} it`)];
  const text = `${formatDuration(size)} ${median > 0 ? "ahead" : "behind"} of ${names}`;
  const next = "Synchronise it (NTP): tokens and certificates depend on the time.";
  return [(size < BROKEN ? warning : problem)("clock", text, next)];
}
