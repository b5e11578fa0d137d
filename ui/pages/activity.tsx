/** Requests as they come, and those before. */
import { useSignal } from "@preact/signals";
import type { CacheResult, RequestKind } from "../api/schema/activity.ts";
import { ChooseMember } from "../components/choose_member.tsx";
import { ChooseRegistry } from "../components/choose_registry.tsx";
import { CheckField, type Choice, Choose } from "../components/choice.tsx";
import { Earlier } from "../components/earlier.tsx";
import { Search } from "../components/search.tsx";
import { Icon } from "../components/icon.tsx";
import { NothingMatches } from "../components/nothing_matches.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Failure, Nothing, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { type ActivityFilter, filterFromQuery } from "../web/activity_filter.ts";
import { now } from "../web/clock.ts";
import { countOf, formatStep } from "../web/format.ts";
import { query, setQuery } from "../web/location.ts";
import { requestPath } from "../web/paths.ts";
import { COLUMNS } from "./activity/columns.tsx";
import { ActivityViews } from "./activity/views.tsx";
import { useRequests } from "./activity/use_requests.ts";
import { WORDS } from "./activity/words.ts";

export function Activity() {
  const filter = filterFromQuery(query.value);
  const paused = useSignal(false);
  return (
    <>
      <PageHead title={WORDS.activity} lead={WORDS.requestsFromClientsAndHow}>
        <button
          type="button"
          class="button"
          aria-pressed={paused.value}
          onClick={() => paused.value = !paused.value}
        >
          <Icon name={paused.value ? "play" : "pause"} />
          {paused.value ? WORDS.resume : WORDS.pause}
        </button>
      </PageHead>
      <ActivityViews />
      <section class="panel" aria-label={WORDS.requests}>
        <Filters filter={filter} />
        <Requests key={JSON.stringify(filter)} filter={filter} paused={paused.value} />
      </section>
    </>
  );
}

const KINDS: readonly Choice<RequestKind | "">[] = [
  { value: "", text: "Every kind" },
  { value: "manifest", text: "Manifests" },
  { value: "blob", text: "Blobs" },
  { value: "tags", text: "Tag lists" },
  { value: "referrers", text: "Referrers" },
  { value: "token", text: "Tokens" },
  { value: "ping", text: "Pings" },
  { value: "upload", text: "Uploads" },
];
const RESULTS: readonly Choice<CacheResult | "">[] = [
  { value: "", text: WORDS.everyResult },
  { value: "hit", text: WORDS.hits },
  { value: "revalidated", text: WORDS.revalidated },
  { value: "joined", text: WORDS.sharedDownloads },
  { value: "miss", text: WORDS.misses },
  { value: "stale", text: WORDS.stale },
  { value: "pass", text: WORDS.passedThrough },
];

const timeOf = (time: number): string => formatStep(time, 60e3, now.peek());

function Filters({ filter }: { filter: ActivityFilter }) {
  return (
    <div class="toolbar">
      <Search
        label={WORDS.imageClientPathOrMessage}
        value={filter.text}
        onInput={(text) => setQuery({ q: text })}
      />
      <ChooseMember label={WORDS.answeredBy} value={filter.member} />
      <ChooseRegistry value={filter.registry} onInput={(registry) => setQuery({ registry })} />
      <Choose
        label={WORDS.kind}
        value={filter.kind}
        choices={KINDS}
        onInput={(kind) => setQuery({ kind })}
      />
      <Choose
        label={WORDS.result}
        value={filter.cache}
        choices={RESULTS}
        onInput={(cache) => setQuery({ cache })}
      />
      <CheckField
        label={WORDS.errors}
        checked={filter.errors}
        onInput={(errors) => setQuery({ errors: errors ? "true" : "" })}
      />
      <CheckField
        label={WORDS.refused}
        checked={filter.refused}
        onInput={(refused) => setQuery({ refused: refused ? "true" : "" })}
      />
      {filter.from > 0 && (
        <button
          type="button"
          class="button"
          onClick={() => setQuery({ from: "", to: "" })}
        >
          <Icon name="cross" size={12} />
          {filter.to > 0
            ? WORDS.to(timeOf(filter.from), timeOf(filter.to))
            : WORDS.since(timeOf(filter.from))}
        </button>
      )}
    </div>
  );
}

function Requests({ filter, paused }: { filter: ActivityFilter; paused: boolean }) {
  const { rows, held, next, error, load, hold, release } = useRequests(filter, paused);
  if (!rows) {
    return error === undefined ? <Skeleton lines={10} /> : <Failure error={error} retry={load} />;
  }
  if (rows.length + held === 0) return <NoRequests filter={filter} />;
  return (
    <>
      {held > 0 && (
        <div class="new-rows">
          <button type="button" class="button primary" onClick={release}>
            {countOf(held, WORDS.newRequest)}
          </button>
        </div>
      )}
      <div
        onPointerEnter={(event) => event.pointerType === "mouse" && hold()}
        onPointerLeave={() => paused || release()}
      >
        <Table
          caption={WORDS.requestsNewestFirst}
          columns={COLUMNS}
          rows={rows}
          rowKey={({ id }) => id}
          href={({ id }) => requestPath(id)}
        />
      </div>
      <Earlier
        before={next}
        load={load}
        show={WORDS.showEarlierRequests}
        none={WORDS.noEarlierRequestsInThe}
      />
    </>
  );
}

function NoRequests({ filter }: { filter: ActivityFilter }) {
  const { member: _, ...narrowed } = filter;
  const filtered = Object.values(narrowed).some((value) =>
    value !== "" && value !== false && value !== 0
  );
  return filtered
    ? (
      <NothingMatches
        title={filter.errors ? WORDS.noErrors : WORDS.nothingMatches}
        filter={["q", "registry", "kind", "cache", "errors", "refused", "from", "to"]}
      >
        <p>{WORDS.requestsThatMatchWillAppear}</p>
      </NothingMatches>
    )
    : (
      <Nothing icon="activity" title={WORDS.noRequestsSinceBerthStarted}>
        <p>{WORDS.theyAppearHereAsThey}</p>
        <a class="button" href="/connect">{WORDS.connectAClient}</a>
      </Nothing>
    );
}
