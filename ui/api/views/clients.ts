/** Clients and their pulls, as the API tells them. */
import type { z } from "@hono/zod-openapi";
import { limitsOf } from "../../../proxy/access/limit_rules.ts";
import type { Config } from "../../../proxy/config/schema.ts";
import type { NodeNames } from "../../../proxy/observe/node_names.ts";
import { type Bypass, bypassOf, mayFetchElsewhere } from "../../../proxy/observe/stats/bypass.ts";
import type { Between } from "../../../proxy/observe/stats/client_filters.ts";
import type { Pull as Kept } from "../../../proxy/observe/stats/pulls.ts";
import type { Stats } from "../../../proxy/observe/stats/stats.ts";
import type {
  Clients,
  clientsQuery,
  imagesQuery,
  Pull,
  Pulls,
  pullsQuery,
} from "../schema/clients.ts";
import { Seldom } from "../seldom.ts";

const DAY_MS = 86400e3;
/** More are no hint but a page of them. */
const MOST_BYPASSING = 100;

type Known = Clients["bypassing"][number];

export class ClientsView {
  readonly #stats: Stats;
  readonly #names: NodeNames;
  readonly #config: () => Config;
  readonly #now: () => number;
  readonly #seldom = new Seldom();

  /** `config` is the one in force, `now` in Unix milliseconds. */
  constructor(stats: Stats, names: NodeNames, config: () => Config, now: () => number) {
    this.#stats = stats;
    this.#config = config;
    this.#names = names;
    this.#now = now;
  }

  /** A page of clients, with all that probably bypass the mirror. */
  clients(query: z.infer<typeof clientsQuery>): Clients {
    const { page, limit, order, sort, search, address, user } = query;
    const { items, total } = this.#seldom.get(query, () =>
      this.#stats.clients().clients({
        ...this.#between(query),
        ...{ now: this.#now(), search, address, user, sort, desc: order === "desc" },
        named: search ? this.#names.named(search) : [],
        limit,
        offset: (page - 1) * limit,
      }));
    const bypassing = this.#seldom.get({ bypassing: true }, () => this.#bypassing());
    const limits = limitsOf(this.#config()).filter(({ upstream }) => !upstream);
    return {
      items: items.map(({ clientName, ...row }) => {
        const known = bypassing.get(keyOf(row));
        return {
          ...row,
          name: clientName || this.#names.of(row.client),
          bypass: known ? { kind: known.kind, reason: known.reason } : null,
          limits: limits.filter((limit) => limit.holdsFor(row))
            .map(({ name, text }) => ({ name, text })),
        };
      }),
      ...{ total, page, limit },
      bypassing: [...bypassing.values()].slice(0, MOST_BYPASSING)
        .map((known) => ({ ...known, name: this.#names.of(known.client) })),
    };
  }

  /** A page of pulls. */
  pulls(query: z.infer<typeof pullsQuery>): Pulls {
    const { client, address, image, user, result, limit, before } = query;
    const named = client ? this.#names.named(client) : [];
    const filter = { ...this.#between(query), client, named, address, image, user, result };
    const found = this.#seldom.get(
      query,
      () => this.#stats.clients().pulls(filter, limit + 1, before),
    );
    const items = found.slice(0, limit).map((pull) => this.#pullView(pull));
    return { items, next: found.length > limit ? items.at(-1)!.id : null };
  }

  /** What was pulled most. */
  images({ limit, ...query }: z.infer<typeof imagesQuery>) {
    const between = this.#between(query);
    const items = this.#seldom.get(
      { images: limit, ...query },
      () => this.#stats.clients().topImages(between, limit),
    );
    return { items };
  }

  #pullView({ end, clientName, ...pull }: Kept): Pull {
    return {
      ...pull,
      durationMs: Math.max(0, end - pull.time),
      clientName: clientName || this.#names.of(pull.client),
    };
  }

  #between({ from, to }: { from?: number | undefined; to?: number | undefined }): Between {
    const end = to ?? this.#now() + 1;
    return { from: from ?? end - DAY_MS, to: end };
  }

  /** Takes a look at every client. */
  #bypassing(): ReadonlyMap<string, Known> {
    const now = this.#now();
    const store = this.#stats.clients();
    const habits = store.habits();
    const others = habits.reduce((latest, { last }) => Math.max(latest, last), 0);
    const of = new Map<string, Known>();
    for (const { client, user, last, ...rest } of habits) {
      const mine = { client, user, last, ...rest };
      const images = mayFetchElsewhere(mine)
        ? store.imagesOf(client, user, { from: 0, to: now })
        : 0;
      const bypass: Bypass | undefined = bypassOf(mine, { now, others, images });
      if (bypass) of.set(keyOf(mine), { client, name: "", user, last, ...bypass });
    }
    return of;
  }
}

function keyOf({ client, user }: { client: string; user: string }): string {
  return `${client} ${user}`;
}
