/** Who pulled most, and what was pulled most. */
import { ClientName } from "../../components/client_name.tsx";
import { ImageName } from "../../components/image_name.tsx";
import { formatBytes, formatCount } from "../../web/format.ts";
import { useResource } from "../../web/resource.ts";
import { WORDS } from "./later_words.ts";

const REFRESH_MS = 30e3;
const SHOWN = 5;

/** The last day's busiest clients and images; absent while there are none. */
export function TopPanels({ at }: { at: string }) {
  const busiest = { sort: "pulls", limit: SHOWN } as const;
  const { data: clients } = useResource("/clients", { query: busiest }, { everyMs: REFRESH_MS });
  const { data: images } = useResource("/pulls/images", { query: { limit: SHOWN } }, {
    everyMs: REFRESH_MS,
  });
  const pulling = clients?.items.filter(({ pulls }) => pulls > 0) ?? [];
  if (pulling.length === 0 || !images) return null;
  return (
    <div class="columns even">
      <section class="panel" aria-label={WORDS.topClients}>
        <div class="panel-head">
          <h2>{WORDS.topClients}{at}</h2>
          <a href="/activity/clients">{WORDS.allClients}</a>
        </div>
        <ol class="top panel-body">
          {pulling.map(({ client, name, user, pulls, bytes }) => (
            <li key={`${client} ${user}`}>
              <ClientName client={client} name={name} user={user} />
              <Amount pulls={pulls} bytes={bytes} />
            </li>
          ))}
        </ol>
      </section>
      <section class="panel" aria-label={WORDS.topImages}>
        <div class="panel-head">
          <h2>{WORDS.topImages}{at}</h2>
          <a href="/activity/pulls">{WORDS.allPulls}</a>
        </div>
        <ol class="top panel-body">
          {images.items.map(({ registry, repository, pulls, bytes }) => (
            <li key={`${registry}/${repository}`}>
              <a
                class="break"
                href={`/activity/pulls?image=${encodeURIComponent(`${registry}/${repository}:`)}`}
              >
                <ImageName registry={registry} repository={repository} reference="" />
              </a>
              <Amount pulls={pulls} bytes={bytes} />
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

function Amount({ pulls, bytes }: { pulls: number; bytes: number }) {
  return (
    <>
      <span class="num nowrap">{formatCount(pulls)} {pulls === 1 ? "pull" : "pulls"}</span>
      <span class="num muted nowrap">{formatBytes(bytes)}</span>
    </>
  );
}
