/** The registry map. */
import { useSignal } from "@preact/signals";
import type { RegistryList, RegistryView } from "../api/schema/registries.ts";
import { Breakable } from "../components/breakable.tsx";
import { Search } from "../components/search.tsx";
import { Health } from "../components/health.tsx";
import { Icon } from "../components/icon.tsx";
import { OriginText } from "../components/origin.tsx";
import { PageHead } from "../components/shell.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { type Column, sorted, sortFromQuery, Table } from "../components/table.tsx";
import { plainestAddress } from "../web/addresses.ts";
import { countOf, formatCount, formatShare } from "../web/format.ts";
import { query, setQuery } from "../web/location.ts";
import { cacheable, served } from "../web/ratio.ts";
import { useResource } from "../web/resource.ts";
import { registryPath } from "../web/paths.ts";
import { TestDialog } from "./registry/test.tsx";

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
        title="Registries"
        lead="Upstream registries and how clients address them."
      >
        <a class="button primary" href="/registries/new">
          <Icon name="plus" />
          Add registry
        </a>
      </PageHead>
      {list.data?.readOnlyReason && <ReadOnly reason={list.data.readOnlyReason} />}
      <section class="panel" aria-label="Registry map">
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

function Map({ list }: { list: RegistryList }) {
  const tested = useSignal<RegistryView | undefined>(undefined);
  const search = query.value.get("q") ?? "";
  const sort = sortFromQuery(Object.keys(KEYS), { by: "name", order: "asc" });
  const rows = list.items.filter((row) => matches(row, search));
  const columns: Column<RegistryView>[] = [
    {
      id: "name",
      title: "Registry",
      sort: "asc",
      class: "main roomy",
      cell: (row) => (
        <span class="title-cell">
          <span class="actions">
            <a href={registryPath(row.name)}>
              <strong>{row.name}</strong>
            </a>
            {row.isDefault && <span class="badge accent">Default</span>}
            {!row.editable && (
              <span class="badge" title={row.readOnlyReason}>
                <Icon name="lock" size={12} />
                Read-only
              </span>
            )}
          </span>
          <span class="muted small">
            <Breakable text={row.settings.url.replace(/^https:\/\//, "")} />
          </span>
        </span>
      ),
    },
    {
      id: "state",
      title: "State",
      class: "full roomy",
      cell: (row) => <Health health={row.health} />,
    },
    {
      id: "address",
      title: "Addressed as",
      class: "medium full",
      cell: ({ addresses }) => (
        <span class="title-cell">
          <code>
            <Breakable text={plainestAddress(addresses)} />
          </code>
          {addresses.length > 1 && (
            <span class="muted small">and {countOf(addresses.length - 1, "other way")}</span>
          )}
        </span>
      ),
    },
    {
      id: "pulls",
      title: "Pulls, 24 h",
      sort: "desc",
      class: "right",
      cell: ({ counters }) => formatCount(counters.pulls),
    },
    {
      id: "ratio",
      title: "Hit ratio",
      class: "right wide skip-phone",
      cell: ({ counters }) => formatShare(served(counters), cacheable(counters)),
    },
    {
      id: "origin",
      title: "From",
      class: "wide",
      cell: ({ origin }) => <OriginText origin={origin} />,
    },
    {
      id: "actions",
      title: "",
      class: "fit bare",
      cell: (row) => (
        <span class="row-actions">
          <button
            type="button"
            class="button quiet"
            aria-label={`Test ${row.name}`}
            onClick={() => tested.value = row}
          >
            Test
          </button>
          <a
            class="button quiet icon"
            href={registryPath(row.name)}
            aria-label={`Edit ${row.name}`}
          >
            <Icon name="edit" />
          </a>
        </span>
      ),
    },
  ];
  if (list.items.length === 0) {
    return (
      <Nothing icon="registries" title="No registries yet">
        <p>Add the first one: its address is enough.</p>
        <a class="button primary" href="/registries/new">Add registry</a>
      </Nothing>
    );
  }
  return (
    <>
      <div class="toolbar">
        <Search
          label="Find a registry"
          value={search}
          onInput={(text) => setQuery({ q: text })}
        />
        <span class="muted end">{countOf(rows.length, "registry", "registries")}</span>
      </div>
      {rows.length === 0
        ? (
          <Nothing icon="search" title={`No registry matches “${search}”`}>
            <button type="button" class="button" onClick={() => setQuery({ q: "" })}>
              Show all
            </button>
          </Nothing>
        )
        : (
          <Table
            caption="Registries"
            columns={columns}
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

function matches({ name, settings, addresses }: RegistryView, search: string): boolean {
  const text = search.toLowerCase();
  return [name, settings.url, ...addresses.map(({ text }) => text)]
    .some((field) => field.toLowerCase().includes(text));
}
