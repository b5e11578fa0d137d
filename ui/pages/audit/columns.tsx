import type { AuditEntryView } from "../../api/schema/audit.ts";
import { Changes } from "../../components/changes.tsx";
import { Icon } from "../../components/icon.tsx";
import type { Column } from "../../components/table.tsx";
import { formatCount, formatMoment, formatStep } from "../../web/format.ts";
import { now } from "../../web/clock.ts";
import { ACTION_WORDS, OUTCOME_WORDS, WAY_WORDS } from "./words.ts";

/** Changes that are shown at once; the rest is unfolded. */
const SHOWN = 3;

export const COLUMNS: Column<AuditEntryView>[] = [
  {
    id: "time",
    title: "When",
    class: "fit",
    cell: ({ time }) => (
      <time class="nowrap" dateTime={new Date(time).toISOString()} title={formatMoment(time)}>
        {formatStep(time, 60e3, now.value)}
      </time>
    ),
  },
  {
    id: "user",
    title: "Who",
    cell: ({ user, via, address }) => (
      <span class="title-cell">
        {user ? <strong>{user}</strong> : <span>{address ? "Not known" : "Berth itself"}</span>}
        <span class="muted small">{WAY_WORDS[via]}{address && `, ${address}`}</span>
      </span>
    ),
  },
  { id: "what", title: "What", class: "main", cell: (entry) => <What entry={entry} /> },
  {
    id: "outcome",
    title: "Outcome",
    class: "fit",
    cell: ({ outcome }) => (
      <span
        class={`state nowrap ${outcome === "done" ? "ok" : outcome === "failed" ? "bad" : "warn"}`}
      >
        <Icon name={outcome === "done" ? "ok" : outcome === "failed" ? "bad" : "lock"} />
        {OUTCOME_WORDS[outcome]}
      </span>
    ),
  },
];

function What({ entry: { action, target, detail, changes, count } }: { entry: AuditEntryView }) {
  return (
    <span class="title-cell">
      <span>
        <strong>{ACTION_WORDS[action]}</strong>
        {target && <span>{` ${target}`}</span>}
        {count > 1 && " "}
        {count > 1 && <span class="badge">{`${formatCount(count)} times`}</span>}
      </span>
      {detail && <span class="muted small">{detail}</span>}
      <Changes small changes={changes.slice(0, SHOWN)} />
      {changes.length > SHOWN && (
        <details>
          <summary class="small">{`${changes.length - SHOWN} more`}</summary>
          <Changes small changes={changes.slice(SHOWN)} />
        </details>
      )}
    </span>
  );
}
