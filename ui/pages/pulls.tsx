/** Requests grouped into pulls: who pulled what, how long it took, and what the cache had of it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Pull, PullResult } from "../api/schema/clients.ts";
import { type Choice, Choose } from "../components/choice.tsx";
import { ChooseMember } from "../components/choose_member.tsx";
import { ChooseReach } from "../components/choose_reach.tsx";
import { Earlier } from "../components/earlier.tsx";
import { Export } from "../components/export.tsx";
import { NothingMatches } from "../components/nothing_matches.tsx";
import { Search } from "../components/search.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { toastError } from "../components/toast.tsx";
import { call } from "../web/client.ts";
import { now } from "../web/clock.ts";
import { query, setQuery } from "../web/location.ts";
import { rangeFromQuery } from "../web/reach.ts";
import { useResource } from "../web/resource.ts";
import { pullColumns } from "./activity/pull_columns.tsx";
import { ActivityViews } from "./activity/views.tsx";
import { WORDS } from "./activity/words.ts";

const RESULTS: readonly Choice<PullResult | "">[] = [
  { value: "", text: WORDS.everyResult },
  { value: "complete", text: WORDS.complete },
  { value: "broken", text: WORDS.brokenOff },
  { value: "failed", text: WORDS.failed },
];

/** What the address asks for. */
function usePullQuery() {
  const parameters = query.value;
  const range = rangeFromQuery(parameters, now.peek());
  const text = (name: string) => parameters.get(name) ?? "";
  const result = RESULTS.find(({ value }) => value === text("result"))?.value ?? "";
  const filter = {
    ...{ client: text("client"), image: text("image"), user: text("user") },
    ...{ result: result || undefined, member: text("member") },
  };
  return { range, filter, asked: { ...filter, from: range.from, to: range.to } };
}

export function PullsPage() {
  const { range, filter, asked } = usePullQuery();
  const { member, ...narrowed } = filter;
  return (
    <>
      <PageHead
        title={WORDS.pulls}
        lead={WORDS.whoPulledWhichImageHow}
      >
        <Export path="/pulls" query={asked} name="pulls" />
      </PageHead>
      <ActivityViews />
      <section class="panel" aria-label={WORDS.pulls}>
        <div class="toolbar">
          <Search
            label={WORDS.image}
            value={filter.image}
            onInput={(image) => setQuery({ image })}
          />
          <Search
            label={WORDS.clientByNameOrAddress}
            value={filter.client}
            onInput={(client) => setQuery({ client })}
          />
          <Choose
            label={WORDS.result}
            value={filter.result ?? ""}
            choices={RESULTS}
            onInput={(result) => setQuery({ result })}
          />
          <ChooseMember label={WORDS.askedOf} value={member} />
          <ChooseReach range={range} />
          {filter.user && (
            <button
              type="button"
              class="button"
              onClick={() => setQuery({ user: "" })}
            >
              {WORDS.user(filter.user)}
            </button>
          )}
        </div>
        <PullsTable
          key={JSON.stringify(asked)}
          asked={asked}
          filtered={Object.values(narrowed).some((value) => value)}
          client
        />
      </section>
    </>
  );
}

interface PullsTableProps {
  asked: NonNullable<Parameters<typeof call<"get", "/pulls">>[2]["query"]>;
  filtered: boolean;
  /** With who pulled each. */
  client: boolean;
}

const REFRESH_MS = 10e3;

/** Pulls newest first, as far back as one wants to go. */
export function PullsTable({ asked, filtered, client }: PullsTableProps) {
  const latest = useResource("/pulls", { query: asked }, { everyMs: REFRESH_MS });
  const earlier = useSignal<{ items: Pull[]; next: number | null } | undefined>(undefined);
  const more = async (before: number) => {
    try {
      const page = await call("get", "/pulls", { query: { ...asked, before } });
      earlier.value = { items: [...earlier.value?.items ?? [], ...page.items], next: page.next };
    } catch (error) {
      toastError(error);
    }
  };
  useEffect(() => void (earlier.value = undefined), [JSON.stringify(asked)]);
  return (
    <Loaded resource={latest} lines={10}>
      {({ items, next }) => {
        if (items.length === 0) return <NoPulls filtered={filtered} />;
        const rows = merged(items, earlier.value?.items ?? []);
        const before = earlier.value ? earlier.value.next : next;
        return (
          <>
            <Table
              caption={WORDS.pullsNewestFirst}
              columns={pullColumns({ client })}
              rows={rows}
              rowKey={({ id }) => String(id)}
            />
            <Earlier
              before={before}
              load={more}
              show={WORDS.showEarlierPulls}
              none={WORDS.noEarlierPullsInThis}
            />
          </>
        );
      }}
    </Loaded>
  );
}

/** `latest` and what came before it; new pulls push some from the one to the other. */
function merged(latest: readonly Pull[], earlier: readonly Pull[]): Pull[] {
  const rows = new Map([...earlier, ...latest].map((pull) => [pull.id, pull]));
  return [...rows.values()].sort((a, b) => b.id - a.id);
}

function NoPulls({ filtered }: { filtered: boolean }) {
  return filtered
    ? <NothingMatches filter={["client", "image", "user", "result"]} />
    : (
      <Nothing icon="activity" title={WORDS.noPullsInThisTime}>
        <a class="button" href="/connect">{WORDS.connectAClient}</a>
      </Nothing>
    );
}
