/** The registry map. */
import { useSignal } from "@preact/signals";
import type { RegistryList, RegistryView } from "../api/schema/registries.ts";
import { Search } from "../components/search.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { sorted, sortFromQuery, Table } from "../components/table.tsx";
import { countOf } from "../web/format.ts";
import { query, setQuery } from "../web/location.ts";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";
import { registryPath } from "../web/paths.ts";
import { columnsFor } from "./registries/columns.tsx";
import { TestDialog } from "./registry/test.tsx";
import { WORDS } from "./registries/words.ts";

const KEYS: Record<string, (row: RegistryView) => number | string> = {
  name: ({ name }) => name,
  url: ({ settings }) => settings.url,
  pulls: ({ counters }) => counters.pulls,
};

export function Registries() {
  const list = useResource("/registries", {}, { everyMs: 15e3 });
  return (
    <>
      <PageHead
        title={WORDS.registries}
        lead={WORDS.upstreamRegistriesAndHowClients}
      >
        {may("registries") && (
          <a class="button primary" href="/registries/new">
            <Icon name="plus" />
            {WORDS.addRegistry}
          </a>
        )}
      </PageHead>
      {may("registries") && list.data?.readOnlyReason && (
        <ReadOnly reason={list.data.readOnlyReason} />
      )}
      {may("registries") && list.data?.overlay && list.data.writable && (
        <Overlaid shared={list.data.shared} />
      )}
      <section class="panel" aria-label={WORDS.registryMap}>
        <Loaded resource={list} lines={9}>{(data) => <Map list={data} />}</Loaded>
      </section>
    </>
  );
}

export function ReadOnly({ reason }: { reason: string }) {
  return (
    <p class="notice info">
      <Icon name="lock" />
      <span>{reason}</span>
    </p>
  );
}

/** That changes are kept, and where they are to go in the end. */
function Overlaid({ shared }: { shared: boolean }) {
  return (
    <p class="notice info">
      <Icon name="lock" />
      <span>
        {shared ? WORDS.changesHoldAtAllBerths : WORDS.theConfigurationFileCannotBe}
        <a href="/settings">{WORDS.settings}</a> {WORDS.listsThemAndHasThem}
      </span>
    </p>
  );
}

function Map({ list }: { list: RegistryList }) {
  const tested = useSignal<RegistryView | undefined>(undefined);
  const search = query.value.get("q") ?? "";
  const sort = sortFromQuery(Object.keys(KEYS), { by: "name", order: "asc" });
  const rows = list.items.filter((row) => matches(row, search));
  if (list.items.length === 0) return <NoRegistries />;
  return (
    <>
      <div class="toolbar">
        <Search
          label={WORDS.findARegistry}
          value={search}
          onInput={(text) => setQuery({ q: text })}
        />
        <span class="muted end">{countOf(rows.length, "registry", "registries")}</span>
      </div>
      {rows.length === 0
        ? (
          <Nothing icon="search" title={WORDS.noRegistryMatches(search)}>
            <button type="button" class="button" onClick={() => setQuery({ q: "" })}>
              {WORDS.showAll}
            </button>
          </Nothing>
        )
        : (
          <Table
            caption={WORDS.registries}
            columns={columnsFor((row) => tested.value = row)}
            rows={sorted(rows, sort, KEYS)}
            rowKey={({ name }) => name}
            sort={sort}
            href={({ name }) => registryPath(name)}
          />
        )}
      {tested.value && (
        <TestDialog
          registry={tested.value}
          onClose={() => tested.value = undefined}
        />
      )}
    </>
  );
}

function NoRegistries() {
  return (
    <Nothing icon="registries" title={WORDS.noRegistriesYet}>
      {may("registries") && (
        <>
          <p>{WORDS.addTheFirstOneIts}</p>
          <a class="button primary" href="/registries/new">{WORDS.addRegistry}</a>
        </>
      )}
    </Nothing>
  );
}

function matches({ name, settings, addresses }: RegistryView, search: string): boolean {
  const text = search.toLowerCase();
  return [name, settings.url, ...addresses.map(({ text }) => text)]
    .some((field) => field.toLowerCase().includes(text));
}
