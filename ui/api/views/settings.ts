/** Values of the configuration as the API tells them: in text, with where they come from. */
import { stringify } from "yaml";
import {
  changeWords,
  gatheredChanges,
  needsRestart,
  pendingRestart,
} from "../../../proxy/config/changes.ts";
import type { ConfigChange, ReloadResult } from "../../../proxy/config/live.ts";
import type { LoadedConfig } from "../../../proxy/config/load.ts";
import { describeProvenance, type Provenance } from "../../../proxy/config/provenance.ts";
import { formatKey, parseKey, type Path } from "../../../proxy/config/path.ts";
import { effectiveValues } from "../../../proxy/config/print.ts";
import type { ConfigProblem } from "../../../proxy/config/problem.ts";
import { BUILT_IN_REGISTRIES } from "../../../proxy/config/registries.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { isSecret } from "../../../proxy/config/secrets.ts";
import type { FieldProblem, Origin as OriginView } from "../schema.ts";
import type { Reload, Setting, SettingChange } from "../schema/config.ts";

/**
 * Every value of `loaded`, in the order of the schema; secrets are named and not told. `started` is
 * what the process started with.
 */
export function settings(loaded: LoadedConfig, started: LoadedConfig): Setting[] {
  const defaults = defaultTexts();
  const pending = new Set(pendingRestart(started.config, loaded.config));
  const running = new Map(
    effectiveValues(started).map(({ path, value }) => [
      formatKey(path),
      value,
    ]),
  );
  return effectiveValues(loaded, { all: false }).map(({ path, value, origin }) => {
    const key = formatKey(path);
    const secret = isSecret(path);
    return {
      path: key,
      text: secret ? "" : textOf(value),
      defaultText: secret ? "" : defaults.get(key) ?? "",
      origin: originView(origin),
      secret: secret && value !== "",
      restart: needsRestart(key),
      running: pending.has(key) ? secret ? "" : textOf(running.get(key)) : null,
    };
  });
}

/** `origin` by kind and in words. */
export function originView(origin: Provenance): OriginView {
  return { kind: origin.kind, text: describeProvenance(origin) };
}

/** How reading the configuration went; `undefined` stands for the start, at `startedAt`. */
export function reloadView(result: ReloadResult | undefined, startedAt: number): Reload {
  if (!result) {
    const text = "Loaded at startup";
    return { at: startedAt, ok: true, cause: "start", by: "", text, fields: [], changes: [] };
  }
  const { at, ok, changes, problems } = result;
  return {
    at,
    ok,
    cause: causeOf(result.reason),
    by: result.by,
    text: ok ? sentence(changeWords(changes)) : "Rejected; the previous configuration stays active",
    fields: problems.map(fieldProblem),
    changes: changeViews(changes),
  };
}

/** What a reload changed, secrets named and not told; a registry that came or went is one change. */
export function changeViews(changes: readonly ConfigChange[]): SettingChange[] {
  return gatheredChanges(changes).map(changeView);
}

/** A reload in the words of the audit log. */
export function reloadNote({ ok, text, fields, changes }: Reload) {
  if (ok) return { outcome: "done", detail: text, changes } as const;
  const detail = fields.map(({ path, message }) => path ? `${path}: ${message}` : message).join(
    "; ",
  );
  return { outcome: "failed", detail, changes } as const;
}

/** `problem` as a complaint about one value, with the place in the file where it is known. */
export function fieldProblem({ key, origin, message }: ConfigProblem): FieldProblem {
  const place = origin && origin.kind !== "default" ? ` (${describeProvenance(origin)})` : "";
  return { path: key, message: `${message}${place}` };
}

/** A value as one would write it in the file. */
export function textOf(value: unknown): string {
  if (value === undefined) return "";
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false })
    .trimEnd();
}

function changeView({ key, before, after }: ConfigChange): SettingChange {
  const secret = isSecret(parseKey(key) ?? []);
  return {
    path: key,
    secret,
    before: secret ? "" : textOf(before),
    after: secret ? "" : textOf(after),
  };
}

function sentence(text: string): string {
  return text.replace(/^(registry|nothing)/, (word) => word[0]!.toUpperCase() + word.slice(1));
}

function causeOf(reason: string): Reload["cause"] {
  if (reason === "dashboard" || reason === "cluster") return reason;
  return reason === "SIGHUP" ? "signal" : "file";
}

function defaultTexts(): Map<string, string> {
  const config = configSchema.parse({ registries: BUILT_IN_REGISTRIES });
  const values = effectiveValues({ config, sources: new Map() });
  return new Map(values.map(({ path, value }: { path: Path; value: unknown }) => [
    formatKey(path),
    textOf(value),
  ]));
}
