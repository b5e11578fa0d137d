/** The audit log: who did what, and who could not sign in. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { AuditEntryView } from "../api/schema/audit.ts";
import { Choose } from "../components/choice.tsx";
import { ChooseMember } from "../components/choose_member.tsx";
import { Earlier } from "../components/earlier.tsx";
import { Export } from "../components/export.tsx";
import { NothingMatches } from "../components/nothing_matches.tsx";
import { Search } from "../components/search.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Failure, Nothing, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { toastError } from "../components/toast.tsx";
import { call } from "../web/client.ts";
import { query, setQuery } from "../web/location.ts";
import { status } from "../web/live.ts";
import { COLUMNS } from "./audit/columns.tsx";
import { ACTION_WORDS, OUTCOME_WORDS } from "./audit/words.ts";
import { SettingsViews } from "./settings/views.tsx";
import { WORDS } from "./audit/words.ts";

type Action = AuditEntryView["action"];
type Outcome = AuditEntryView["outcome"];

const choices = <V extends string>(all: string, words: Readonly<Record<V, string>>) => [
  { value: "" as V | "", text: all },
  ...Object.entries(words).map(([value, text]) => ({ value: value as V, text: String(text) })),
];
const ACTIONS = choices(WORDS.everyAction, ACTION_WORDS);
const OUTCOMES = choices(WORDS.everyOutcome, OUTCOME_WORDS);

/** What the address asks for; what it has that is no action or outcome does not matter. */
function filterOf(search: URLSearchParams) {
  const one = <V extends string>(name: string, words: Readonly<Record<V, string>>) => {
    const value = search.get(name) ?? "";
    return Object.hasOwn(words, value) ? value as V : undefined;
  };
  return {
    member: search.get("member") ?? "",
    user: search.get("user") ?? "",
    action: one<Action>("action", ACTION_WORDS),
    outcome: one<Outcome>("outcome", OUTCOME_WORDS),
    from: dayOf(search.get("from")),
    to: dayOf(search.get("to")),
  };
}
type Filter = ReturnType<typeof filterOf>;

/** `2026-01-31`, or nothing where it is no day. */
function dayOf(text: string | null): string {
  return /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !isNaN(Date.parse(text!)) ? text! : "";
}

/** The day begins where whoever looks is; `days` later for the end of a span. */
function momentOf(day: string, days = 0): string | undefined {
  if (day === "") return undefined;
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year!, month! - 1, date! + days).toISOString();
}

function asked({ from, to, ...filter }: Filter) {
  return { ...filter, from: momentOf(from), to: momentOf(to, 1) };
}

export function AuditPage() {
  const filter = filterOf(query.value);
  return (
    <>
      <PageHead title={WORDS.auditLog} lead={WORDS.whoChangedWhatAndWho}>
        <Export path="/audit" query={asked(filter)} name="entries" />
      </PageHead>
      <SettingsViews />
      <section class="panel" aria-label={WORDS.entries}>
        <Filters filter={filter} />
        <Entries key={JSON.stringify(filter)} filter={filter} />
      </section>
      {status.value?.cluster && (
        <p class="muted small">
          {WORDS.eachBerthOfACluster}
        </p>
      )}
    </>
  );
}

function Filters({ filter }: { filter: Filter }) {
  const day = (label: string, name: "from" | "to") => (
    <label class="day small">
      <span class="muted">{label}</span>
      <input
        class="input compact"
        type="date"
        value={filter[name]}
        onChange={(event) => setQuery({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <div class="toolbar">
      <Search
        label={WORDS.userOrToken}
        value={filter.user}
        onInput={(user) => setQuery({ user })}
      />
      <ChooseMember label={WORDS.keptBy} value={filter.member} />
      <Choose
        label={WORDS.action}
        value={filter.action ?? ""}
        choices={ACTIONS}
        onInput={(action) => setQuery({ action })}
      />
      <Choose
        label={WORDS.outcome}
        value={filter.outcome ?? ""}
        choices={OUTCOMES}
        onInput={(outcome) => setQuery({ outcome })}
      />
      {day(WORDS.from, "from")}
      {day(WORDS.to, "to")}
    </div>
  );
}

function Entries({ filter }: { filter: Filter }) {
  const rows = useSignal<AuditEntryView[] | undefined>(undefined);
  const next = useSignal<number | null>(null);
  const error = useSignal<unknown>(undefined);
  const load = async (before?: number) => {
    try {
      error.value = undefined;
      const page = await call("get", "/audit", { query: { ...asked(filter), before } });
      rows.value = [...before === undefined ? [] : rows.value ?? [], ...page.items];
      next.value = page.next;
    } catch (reason) {
      if (rows.value) toastError(reason);
      else error.value = reason;
    }
  };
  useEffect(() => {
    load();
  }, []);
  if (!rows.value) {
    return error.value === undefined
      ? <Skeleton lines={8} />
      : <Failure error={error.value} retry={load} />;
  }
  if (rows.value.length === 0) return <NoEntries filter={filter} />;
  return (
    <>
      <Table
        caption={WORDS.entriesNewestFirst}
        columns={COLUMNS}
        rows={rows.value}
        rowKey={({ id }) => String(id)}
      />
      <Earlier
        before={next.value}
        load={load}
        show={WORDS.showEarlierEntries}
        none={WORDS.noEarlierEntriesTheyAre}
      />
    </>
  );
}

function NoEntries({ filter: { member: _, ...narrowed } }: { filter: Filter }) {
  if (!Object.values(narrowed).some(Boolean)) {
    return <Nothing icon="lock" title={WORDS.noEntriesYet} />;
  }
  return <NothingMatches filter={["user", "action", "outcome", "from", "to"]} />;
}
