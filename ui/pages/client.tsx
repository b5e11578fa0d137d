/** One client: what it asked for over a time, and its pulls. */
import type { Client } from "../api/schema/clients.ts";
import { Ago } from "../components/ago.tsx";
import { ChooseReach } from "../components/choose_reach.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { now } from "../web/clock.ts";
import { countOf, formatBytes, formatCount, formatShare } from "../web/format.ts";
import { query } from "../web/location.ts";
import { rangeFromQuery } from "../web/reach.ts";
import { useResource } from "../web/resource.ts";
import { PullsTable } from "./pulls.tsx";

const PARENT = { href: "/activity/clients", text: "Clients" };

/** The page of the client that the address names: where it comes from, and who signed in there. */
export function ClientPage() {
  const address = query.value.get("address") ?? "";
  const user = query.value.get("user") ?? "";
  const range = rangeFromQuery(query.value, now.peek());
  const asked = { address, user, from: range.from, to: range.to };
  // An empty user means one who did not sign in, which a query leaves out.
  const clients = useResource("/clients", { query: asked }, { everyMs: 15e3 });
  const client = clients.data?.items.find((item) => item.user === user);
  const bypass = clients.data?.bypassing.find((it) => it.client === address && it.user === user);
  const name = client?.name || bypass?.name;
  return (
    <>
      <PageHead
        title={name || address}
        parent={PARENT}
        lead={[name && address, user && `signed in as ${user}`, client?.userAgent]
          .filter((part) => part).join(", ")}
      >
        <a class="button" href={`/activity?q=${encodeURIComponent(address)}`}>
          <Icon name="activity" />
          Requests
        </a>
      </PageHead>
      {bypass && (
        <p class="notice warning">
          <Icon name="warn" />
          <span>
            <strong>Probably bypassing the mirror.</strong> {bypass.reason}
          </span>
        </p>
      )}
      <section class="panel" aria-label="Pulls">
        <div class="toolbar">
          <ChooseReach range={range} />
        </div>
        {client && <Figures client={client} />}
        <PullsTable key={JSON.stringify(asked)} asked={asked} filtered={false} client={false} />
      </section>
    </>
  );
}

function Figures({ client }: { client: Client }) {
  const { pulls, images, bytes, cachedBytes, hits, misses, errors, refused, limited } = client;
  return (
    <dl class="facts panel-body">
      <dt>Pulls</dt>
      <dd>{`${formatCount(pulls)} of ${countOf(images, "image")}`}</dd>
      <dt>Sent</dt>
      <dd>{`${formatBytes(bytes)}, ${formatShare(cachedBytes, bytes)} from the cache`}</dd>
      <dt>Requests</dt>
      <dd>
        {`${formatCount(client.requests)}, ${formatShare(hits, hits + misses)} hits, ${
          countOf(errors, "error")
        }, ${formatCount(refused)} refused, ${formatCount(limited)} limited`}
      </dd>
      <dt>Limits</dt>
      <dd>
        {client.limits.length === 0 ? <span class="muted">none</span> : (
          <ul>
            {client.limits.map(({ name, text }) => (
              <li key={name}>
                <code>{name}</code>
                {`: ${text}`}
              </li>
            ))}
          </ul>
        )}
      </dd>
      <dt>Last seen</dt>
      <dd>
        <Ago time={client.last} />
      </dd>
    </dl>
  );
}
