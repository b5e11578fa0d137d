/** The audit log, and what of it no request asks for: reloads of the configuration. */
import type { LiveConfig, ReloadResult } from "../proxy/config/live.ts";
import { type Audit, openAudit } from "../proxy/observe/audit/audit.ts";
import { logger } from "../proxy/observe/log.ts";
import { usingDataDir } from "./data_dir.ts";
import { type Named, nameOfNamed } from "./bundle/transfer.ts";
import { reloadNote, reloadView } from "../ui/api/views/settings.ts";

const WAYS = {
  "file changed": "file",
  "SIGHUP": "signal",
  "registry map changed": "map",
  "cluster": "cluster",
} as const;

/**
 * Opens the audit log beside the cache, in memory where nothing is `kept`, and has it keep each reload
 * of `live` that nobody asked for on the dashboard, until `started` is closed. Throws `DataDirError`.
 */
export async function startAudit(
  live: LiveConfig,
  { kept, started }: { kept: boolean; started: AsyncDisposableStack },
): Promise<Audit> {
  const { dir } = live.current.cache;
  const audit = await usingDataDir(dir, () => auditIn(kept ? `${dir}/audit.db` : ":memory:"));
  started.defer(() => audit.close());
  started.defer(auditReloads(audit, live));
  return audit;
}

function auditIn(file: string): Audit {
  return openAudit({
    file,
    now: Date.now,
    log(level, line, { user, via, address, action, target, outcome }) {
      logger("audit")[level](line, { user, via, address, action, target, outcome });
    },
    failed: (error) => logger("audit").error("the audit log cannot be written", { error }),
  });
}

/** Has `audit` keep which images a bundle has brought. */
export function auditBundle(audit: Audit, images: readonly Named[]): void {
  audit.record({
    ...{ user: "command line", via: "command", address: "", action: "bundle-load" },
    target: images.map(nameOfNamed).join(", "),
    ...{ outcome: "done", detail: "", changes: [] },
  });
}

/** Has `audit` keep each reload that nobody asked for on the dashboard. The result ends that. */
export function auditReloads(audit: Audit, live: LiveConfig): () => void {
  return live.subscribe((result: ReloadResult) => {
    if (result.reason === "dashboard") return;
    const from = { user: "", via: WAYS[result.reason], address: "", target: "" } as const;
    audit.record({ ...from, action: "config-reload", ...reloadNote(reloadView(result, 0)) });
  });
}
