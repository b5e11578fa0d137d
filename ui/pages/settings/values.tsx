import type { Setting } from "../../api/schema/config.ts";
import { Search } from "../../components/search.tsx";
import { Segments } from "../../components/segments.tsx";
import { OriginText } from "../../components/origin.tsx";
import { Nothing } from "../../components/states.tsx";
import { query, setQuery } from "../../web/location.ts";
import { WORDS } from "./words.ts";

const SHOW = [
  { value: "", text: WORDS.changed },
  { value: "all", text: WORDS.all },
] as const;

/** Values with their sources; at first those that are not at their default. */
export function Values({ settings }: { settings: readonly Setting[] }) {
  const search = query.value.get("q") ?? "";
  const all = query.value.get("show") === "all";
  const rows = settings.filter((setting) =>
    (all || search !== "" || !isDefault(setting)) &&
    setting.path.toLowerCase().includes(search.toLowerCase())
  );
  return (
    <section class="panel" aria-label={WORDS.values}>
      <div class="toolbar">
        <Segments
          label={WORDS.whichValues}
          value={all ? "all" : ""}
          choices={SHOW}
          onInput={(show) => setQuery({ show })}
        />
        <Search label={WORDS.findAKey} value={search} onInput={(text) => setQuery({ q: text })} />
      </div>
      {rows.length === 0
        ? (
          <Nothing
            icon="settings"
            title={search ? WORDS.noKeyMatches(search) : WORDS.everythingIsAtItsDefault}
          />
        )
        : <SettingRows label={WORDS.values} settings={rows} />}
    </section>
  );
}

/** Each with its value and where that comes from. */
export function SettingRows(
  { label, settings }: { label: string; settings: readonly Setting[] },
) {
  return (
    <div role="table" aria-label={label}>
      <div class="settings-row head" role="row">
        <span role="columnheader">{WORDS.key}</span>
        <span role="columnheader">{WORDS.value}</span>
        <span role="columnheader">{WORDS.from}</span>
      </div>
      {settings.map((setting) => <Value key={setting.path} setting={setting} />)}
    </div>
  );
}

/** Whether nobody has said anything about it. */
export function isDefault({ origin }: Setting): boolean {
  return origin.kind === "default" || origin.kind === "built-in";
}

function Value({ setting }: { setting: Setting }) {
  const { path, text, defaultText, origin, secret, restart, running } = setting;
  const changed = !isDefault(setting);
  const notes = [
    changed && defaultText !== "" && defaultText !== text && WORDS.default(defaultText),
    changed && restart && running === null && WORDS.changesAtARestart,
    running !== null &&
    (secret ? WORDS.waitsForARestart : WORDS.runsWithUntilARestart(running || '""')),
  ].filter(Boolean);
  return (
    <div class="settings-row" role="row">
      <span role="cell">
        <code class="break">{path}</code>
      </span>
      <span class="value" role="cell">
        {secret ? <span class="muted">{WORDS.setNotShown}</span> : <code>{text || '""'}</code>}
        {notes.length > 0 && <span class="muted small">{` (${notes.join(", ")})`}</span>}
      </span>
      <span role="cell">
        <OriginText origin={origin} />
      </span>
    </div>
  );
}
