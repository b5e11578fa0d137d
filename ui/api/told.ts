/** What a Berth tells of itself to others of its cluster: what its own dashboard shows of it alone. */
import { spanOf } from "../../proxy/observe/stats/query.ts";
import type { Tokens } from "../../proxy/access/tokens.ts";
import type { Stats } from "../../proxy/observe/stats/stats.ts";
import type { Audit } from "../../proxy/observe/audit/audit.ts";
import type { TrustBook } from "../../proxy/trust/book.ts";
import type { Present } from "./present.ts";
import { activityQuery } from "./schema/activity.ts";
import { auditQuery } from "./schema/audit.ts";
import { clientsQuery, imagesQuery, pullsQuery } from "./schema/clients.ts";
import { statsQuery } from "./schema/stats.ts";
import { activityView } from "./views/activity.ts";
import { auditView } from "./views/audit.ts";
import type { ClientsView } from "./views/clients.ts";
import { statsView } from "./views/stats.ts";

interface ToldDeps {
  present: Present;
  stats: Stats;
  audit: Audit;
  clients: ClientsView;
  tokens: Tokens;
  /** Of the changes above its configuration file. */
  overlay: () => unknown;
  /** What people decided about tags. */
  trust?: TrustBook | undefined;
  /** Unix milliseconds. */
  now: () => number;
}

/**
 * Answers by name: `figures`, `tokens?known=…`, `overlay`, `trust?known=…`, `stats?…`, `clients?…`,
 * `pulls?…`, `pulls/images?…`, `activity?…`, `activity/{id}`, `audit?…`; else undefined.
 */
export function createTold(
  { present, stats, audit, clients, tokens, overlay, trust, now }: ToldDeps,
) {
  return async (name: string, search: URLSearchParams): Promise<unknown> => {
    const query = Object.fromEntries(search);
    if (name === "figures") {
      await present.refresh();
      return present.figures();
    }
    if (name === "tokens") return tokens.toldTo(search.get("known"));
    if (name === "overlay") return overlay();
    if (name === "trust") return trust?.toldTo(search.get("known"));
    if (name === "stats") {
      const asked = statsQuery.safeParse(query).data;
      return asked && statsView(stats, asked, spanOf(asked.period, now(), asked), now());
    }
    if (name === "activity") {
      const asked = activityQuery.safeParse(query).data;
      return asked && activityView(stats.activity, asked);
    }
    if (name === "audit") {
      const asked = auditQuery.safeParse(query).data;
      return asked && auditView(audit, asked);
    }
    if (name === "clients") {
      const asked = clientsQuery.safeParse(query).data;
      return asked && clients.clients(asked);
    }
    if (name === "pulls") {
      const asked = pullsQuery.safeParse(query).data;
      return asked && clients.pulls(asked);
    }
    if (name === "pulls/images") {
      const asked = imagesQuery.safeParse(query).data;
      return asked && clients.images(asked);
    }
    const [, id] = /^activity\/([\w-]+)$/.exec(name) ?? [];
    return id && stats.activity.find(id);
  };
}
