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
import { WORDS } from "./activity/words.ts";

const PARENT = { href: "/activity/clients", text: WORDS.clients };

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
        lead={[name && address, user && WORDS.signedInAs(user), client?.userAgent]
          .filter((part) => part).join(", ")}
      >
        <a class="button" href={`/activity?q=${encodeURIComponent(address)}`}>
          <Icon name="activity" />
          {WORDS.requests}
        </a>
      </PageHead>
      {bypass && (
        <p class="notice warning">
          <Icon name="warn" />
          <span>
            <strong>{WORDS.probablyBypassingTheMirror3}</strong> {bypass.reason}
          </span>
        </p>
      )}
      <section class="panel" aria-label={WORDS.pulls}>
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
      <dt>{WORDS.pulls}</dt>
      <dd>{WORDS.of(formatCount(pulls), countOf(images, "image"))}</dd>
      <dt>{WORDS.sent}</dt>
      <dd>{WORDS.fromTheCache(formatBytes(bytes), formatShare(cachedBytes, bytes))}</dd>
      <dt>{WORDS.requests}</dt>
      <dd>
        {WORDS.hitsRefusedLimited(
          formatCount(client.requests),
          formatShare(hits, hits + misses),
          countOf(errors, "error"),
          formatCount(refused),
          formatCount(limited),
        )}
      </dd>
      <dt>{WORDS.limits}</dt>
      <dd>
        {client.limits.length === 0 ? <span class="muted">{WORDS.none}</span> : (
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
      <dt>{WORDS.lastSeen}</dt>
      <dd>
        <Ago time={client.last} />
      </dd>
    </dl>
  );
}
