import type { Setting } from "../../api/schema/config.ts";
import { Search } from "../../components/search.tsx";
import { Segments } from "../../components/segments.tsx";
import { OriginText } from "../../components/origin.tsx";
import { Nothing } from "../../components/states.tsx";
import { query, setQuery } from "../../web/location.ts";

const SHOW = [
  { value: "", text: "Changed" },
  { value: "all", text: "All" },
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
    <section class="panel" aria-label="Values">
      <div class="toolbar">
        <Segments
          label="Which values"
          value={all ? "all" : ""}
          choices={SHOW}
          onInput={(show) => setQuery({ show })}
        />
        <Search label="Find a key" value={search} onInput={(text) => setQuery({ q: text })} />
      </div>
      {rows.length === 0
        ? (
          <Nothing
            icon="settings"
            title={search ? `No key matches “${search}”` : "Everything is at its default"}
          />
        )
        : <SettingRows label="Values" settings={rows} />}
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
        <span role="columnheader">Key</span>
        <span role="columnheader">Value</span>
        <span role="columnheader">From</span>
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
    changed && defaultText !== "" && defaultText !== text && `default ${defaultText}`,
    changed && restart && running === null && "changes at a restart",
    running !== null &&
    (secret ? "waits for a restart" : `runs with ${running || '""'} until a restart`),
  ].filter(Boolean);
  return (
    <div class="settings-row" role="row">
      <span role="cell">
        <code class="break">{path}</code>
      </span>
      <span class="value" role="cell">
        {secret ? <span class="muted">set, not shown</span> : <code>{text || '""'}</code>}
        {notes.length > 0 && <span class="muted small">{` (${notes.join(", ")})`}</span>}
      </span>
      <span role="cell">
        <OriginText origin={origin} />
      </span>
    </div>
  );
}
