import type { Reload } from "../../api/schema/config.ts";
import { Ago } from "../../components/ago.tsx";
import { Changes } from "../../components/changes.tsx";
import { Icon } from "../../components/icon.tsx";
import { WORDS } from "./words.ts";

const CAUSES: Record<Reload["cause"], string> = {
  start: WORDS.atStartup,
  file: WORDS.becauseTheFileChanged,
  signal: WORDS.bySignal,
  dashboard: WORDS.fromTheDashboard,
  cluster: WORDS.atAnotherBerth,
};

/** How reading the configuration went the last time, and what it changed. */
export function ReloadPanel({ reload }: { reload: Reload }) {
  return (
    <section class="panel" aria-label={WORDS.lastReload}>
      <div class="panel-head">
        <h2>{WORDS.lastReload}</h2>
        <span class="muted">
          {reload.by ? WORDS.by2(reload.by) : CAUSES[reload.cause]}, <Ago time={reload.at} />
        </span>
      </div>
      <div class="panel-body stack">
        <p class={`state ${reload.ok ? "ok" : "bad"}`}>
          <Icon name={reload.ok ? "ok" : "bad"} />
          <span>{reload.text}</span>
        </p>
        {!reload.ok && <p class="muted">{WORDS.thePreviousConfigurationStaysActive}</p>}
        {reload.fields.length > 0 && (
          <ul class="changes">
            {reload.fields.map(({ path, message }) => (
              <li key={path}>
                <code>{path}</code>
                <span class="tone-bad">{message}</span>
              </li>
            ))}
          </ul>
        )}
        <Changes changes={reload.changes} />
      </div>
    </section>
  );
}
