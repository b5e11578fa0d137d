/** `berth policy try`: what rules would have refused, before they are in force. */
import { SPAN_MS } from "../proxy/trust/dry_run.ts";
import { formatCount, formatDuration } from "../base/units.ts";
import type { Call } from "./cache_call.ts";
import { UsageError } from "./command_line.ts";

export async function policyTry({ io, values, words, config, cache }: Call): Promise<number> {
  if (words.length > 0) throw new UsageError("expected no words: rules are read from --config");
  const { rules } = config.policy;
  const result = await cache.tryRules(rules);
  if (values.has("--json")) return io.print(JSON.stringify(result, null, 2)) ?? 0;
  for (const { image, outcome, rule, reason, pulls, clients } of result.items) {
    const word = outcome === "refused" ? "refused" : "unknown";
    const who = `${formatCount(pulls, "pull")} of ${formatCount(clients, "client")}`;
    io.print(`${word}  ${image}  ${who}  ${rule}: ${reason}`);
  }
  const { pulls, refused, unknown, left } = result;
  if (left > 0) io.print(`and ${left} more`);
  const span = formatDuration(SPAN_MS);
  io.print(
    `${formatCount(rules.length, "rule")}, ${formatCount(pulls, "pull")} in the last ${span}: ` +
      `${refused} would have been refused, of ${unknown} it cannot be told`,
  );
  return 0;
}
