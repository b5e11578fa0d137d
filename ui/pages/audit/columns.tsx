import type { AuditEntryView } from "../../api/schema/audit.ts";
import { Changes } from "../../components/changes.tsx";
import { Icon } from "../../components/icon.tsx";
import type { Column } from "../../components/table.tsx";
import { formatCount, formatMoment, formatStep } from "../../web/format.ts";
import { now } from "../../web/clock.ts";
import { ACTION_WORDS, OUTCOME_WORDS, WAY_WORDS } from "./words.ts";
import { WORDS } from "./words.ts";

/** Changes that are shown at once; the rest is unfolded. */
const SHOWN = 3;

export const COLUMNS: Column<AuditEntryView>[] = [
  {
    id: "time",
    title: WORDS.when,
    class: "fit",
    cell: ({ time }) => (
      <time class="nowrap" dateTime={new Date(time).toISOString()} title={formatMoment(time)}>
        {formatStep(time, 60e3, now.value)}
      </time>
    ),
  },
  {
    id: "user",
    title: WORDS.who,
    cell: ({ user, via, address }) => (
      <span class="title-cell">
        {user
          ? <strong>{user}</strong>
          : <span>{address ? WORDS.notKnown : WORDS.berthItself}</span>}
        <span class="muted small">{WAY_WORDS[via]}{address && `, ${address}`}</span>
      </span>
    ),
  },
  { id: "what", title: WORDS.what, class: "main", cell: (entry) => <What entry={entry} /> },
  {
    id: "outcome",
    title: WORDS.outcome,
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
        {count > 1 && <span class="badge">{WORDS.times(formatCount(count))}</span>}
      </span>
      {detail && <span class="muted small">{detail}</span>}
      <Changes small changes={changes.slice(0, SHOWN)} />
      {changes.length > SHOWN && (
        <details>
          <summary class="small">{WORDS.more(changes.length - SHOWN)}</summary>
          <Changes small changes={changes.slice(SHOWN)} />
        </details>
      )}
    </span>
  );
}
