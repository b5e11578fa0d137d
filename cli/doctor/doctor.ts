/** `berth doctor`: is everything there that Berth needs, and what to do about what is not. */
import { formatCount } from "../../base/units.ts";
import { loadConfig, type LoadedConfig } from "../../proxy/config/load.ts";
import { formatProblem } from "../../proxy/config/problem.ts";
import type { CommandIo } from "../command_io.ts";
import { parseCommandLine } from "../command_line.ts";
import { commandNamed } from "../commands.ts";
import { certificateFindings } from "./certificate.ts";
import { diskFindings } from "./disk.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { portFindings } from "./ports.ts";
import { registryFindings } from "./registries.ts";
import { clusterFindings, depotFindings } from "./stores.ts";
import { fileLimit, proxyVariables } from "./surroundings.ts";

interface DoctorIo extends CommandIo {
  /** Unix milliseconds. */
  now(): number;
}

/**
 * Runs `berth doctor …args`: 0 where there is no problem, 1 where there is one, 2 for a command line
 * that cannot be understood. Changes nothing.
 */
export async function doctor(args: readonly string[], io: DoctorIo): Promise<number> {
  const { values, settings } = parseCommandLine(commandNamed("doctor"), args);
  const result = await loadConfig({ ...io, args: settings });
  const findings = result.ok
    ? [...configuration(result.loaded), ...await lookAround(result.loaded, io)]
    : result.problems.map((it) =>
      problem("configuration", formatProblem(it), "Correct it; nothing else was looked at.")
    );
  if (values.has("--json")) io.print(JSON.stringify(findings, null, 2));
  else tell(findings, io);
  return findings.some(({ result }) => result === "problem") ? 1 : 0;
}

function configuration({ file, warnings }: LoadedConfig): Finding[] {
  return [
    ok("configuration", `valid (${file ?? "no file: flags, environment and defaults"})`),
    ...warnings.map((text) => warning("configuration", text, "See config.yaml for what it takes.")),
  ];
}

/** Everything else, what takes time side by side, in the order in which it is told. */
async function lookAround(loaded: LoadedConfig, { env = {}, now }: DoctorIo): Promise<Finding[]> {
  const { config } = loaded;
  const found = await Promise.all([
    portFindings(config),
    diskFindings(config.cache),
    certificateFindings(config, now()),
    [...proxyVariables(env), ...await fileLimit()],
    registryFindings(loaded, env, now),
    clusterFindings(config.cluster),
    depotFindings(config, env),
  ]);
  return found.flat();
}

const MARKS = { ok: "ok     ", warning: "warning", problem: "problem" };

function tell(findings: readonly Finding[], io: DoctorIo): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, result, text, next } of findings) {
    io.print(`${MARKS[result]}  ${check.padEnd(width)}  ${text}`);
    if (next) io.print(`${" ".repeat(width + 11)}→ ${next}`);
  }
  const count = (wanted: Finding["result"]) =>
    findings.filter(({ result }) => result === wanted).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  io.print(
    problems + warnings === 0
      ? `${findings.length} checks, all well`
      : `${findings.length} checks: ${formatCount(problems, "problem")}, ${
        formatCount(warnings, "warning")
      }`,
  );
}
