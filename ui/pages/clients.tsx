/** Who asks, how much, and who probably goes another way. */
import type { Client, Clients } from "../api/schema/clients.ts";
import { Ago } from "../components/ago.tsx";
import { ChooseMember } from "../components/choose_member.tsx";
import { ChooseReach } from "../components/choose_reach.tsx";
import { ClientName } from "../components/client_name.tsx";
import { Export } from "../components/export.tsx";
import { Icon } from "../components/icon.tsx";
import { NothingMatches } from "../components/nothing_matches.tsx";
import { Pager } from "../components/pager.tsx";
import { Search } from "../components/search.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { type Column, sortFromQuery, Table } from "../components/table.tsx";
import { now } from "../web/clock.ts";
import { countOf, formatBytes, formatCount, formatShare } from "../web/format.ts";
import { query, setQuery } from "../web/location.ts";
import { clientPath } from "../web/paths.ts";
import { rangeFromQuery } from "../web/reach.ts";
import { useResource } from "../web/resource.ts";
import { ActivityViews } from "./activity/views.tsx";
import { WORDS } from "./activity/words.ts";

const SORTS = ["client", "user", "pulls", "bytes", "hits", "errors", "last"] as const;
const REFRESH_MS = 15e3;

export function ClientsPage() {
  const parameters = query.value;
  const range = rangeFromQuery(parameters, now.peek());
  const sort = sortFromQuery(SORTS, { by: "last", order: "desc" });
  const search = parameters.get("q") ?? "";
  const member = parameters.get("member") ?? "";
  const asked = { search, member, from: range.from, to: range.to };
  const page = parameters.get("page") ?? "1";
  const clients = useResource(
    "/clients",
    { query: { ...asked, page, sort: sort.by, order: sort.order } },
    { everyMs: REFRESH_MS },
  );
  return (
    <>
      <PageHead title={WORDS.clients} lead={WORDS.whoPullsThroughHereAnd}>
        <Export path="/clients" query={{ ...asked, sort: sort.by }} name="clients" />
      </PageHead>
      <ActivityViews />
      {clients.data && <Bypassing clients={clients.data.bypassing} />}
      <section class="panel" aria-label={WORDS.clients}>
        <div class="toolbar">
          <Search
            label={WORDS.addressNameUserOrAgent}
            value={search}
            onInput={(q) => setQuery({ q, page: "" })}
          />
          <ChooseMember label={WORDS.askedOf} value={member} />
          <ChooseReach range={range} />
        </div>
        <Loaded resource={clients} lines={10}>
          {(data) =>
            data.items.length === 0 ? <NoClients filtered={search !== ""} /> : (
              <>
                <Table
                  caption={WORDS.clients}
                  columns={COLUMNS}
                  rows={data.items}
                  rowKey={({ client, user }) => `${client} ${user}`}
                  sort={sort}
                />
                <Pager {...data} noun={["client", "clients"]} />
              </>
            )}
        </Loaded>
      </section>
    </>
  );
}

const COLUMNS: Column<Client>[] = [
  {
    id: "client",
    title: WORDS.client,
    sort: "asc",
    class: "main",
    cell: ({ client, name, user, userAgent, bypass }) => (
      <span class="title-cell">
        <ClientName client={client} name={name} user={user} />
        <span class="muted small break">{userAgent}</span>
        {bypass && (
          <span class="state warn small">
            <Icon name="warn" />
            <span>{WORDS.probablyBypassingTheMirror}</span>
          </span>
        )}
      </span>
    ),
  },
  {
    id: "pulls",
    title: WORDS.pulls,
    sort: "desc",
    class: "right",
    cell: ({ pulls }) => formatCount(pulls),
  },
  {
    id: "images",
    title: WORDS.images,
    class: "right medium",
    cell: ({ images }) => formatCount(images),
  },
  {
    id: "bytes",
    title: WORDS.sent,
    sort: "desc",
    class: "right",
    cell: ({ bytes }) => formatBytes(bytes),
  },
  {
    id: "hits",
    title: WORDS.hits,
    sort: "desc",
    class: "right medium",
    cell: ({ hits, misses }) => (
      <span class="nowrap" title={WORDS.of(formatCount(hits), formatCount(hits + misses))}>
        {formatShare(hits, hits + misses)}
      </span>
    ),
  },
  {
    id: "errors",
    title: WORDS.errors,
    sort: "desc",
    class: "right",
    cell: ({ client, errors }) =>
      errors > 0 && client !== ""
        ? (
          <a class="tone-bad" href={`/activity?errors=true&q=${encodeURIComponent(client)}`}>
            {formatCount(errors)}
          </a>
        )
        : formatCount(errors),
  },
  {
    id: "last",
    title: WORDS.lastSeen,
    sort: "desc",
    class: "right",
    cell: ({ last }) => <Ago time={last} />,
  },
];

/** Those that went silent or fetch elsewhere, with the reason for thinking so. */
function Bypassing({ clients }: { clients: Clients["bypassing"] }) {
  if (clients.length === 0) return null;
  return (
    <details class="panel bypassing">
      <summary class="panel-head">
        <span class="state warn">
          <Icon name="warn" />
          <strong>{countOf(clients.length, "client")} {WORDS.probablyBypassingTheMirror2}</strong>
        </span>
      </summary>
      <ul class="panel-body">
        {clients.map(({ client, name, user, reason }) => (
          <li key={`${client} ${user}`}>
            <a href={clientPath(client, user)}>{name || client}</a>
            {user && `, ${user}`}: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

function NoClients({ filtered }: { filtered: boolean }) {
  if (filtered) return <NothingMatches filter={["q", "page"]} />;
  return (
    <Nothing icon="user" title={WORDS.noClientsInThisTime}>
      <a class="button" href="/connect">{WORDS.connectAClient}</a>
    </Nothing>
  );
}
