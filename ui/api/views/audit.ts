/** The audit log as the API tells it, and what it says of selections. */
import { formatSize } from "../../../base/units.ts";
import type { Audit as Book } from "../../../proxy/observe/audit/audit.ts";
import type { AuditChange } from "../../../proxy/observe/audit/entry.ts";
import type { AuditEntryView, AuditPage, AuditQuery } from "../schema/audit.ts";
import type { Evicted, Selection } from "../schema/cache.ts";
import { durationWords, plural } from "./words.ts";

/** Names in a target; how many more there are is told behind them. */
const NAMED = 5;

/** A page of the entries of this Berth itself. */
export function auditView(
  book: Book,
  { limit, before, member: _, format: _format, ...filter }: AuditQuery,
): AuditPage {
  const found = book.search(filter, limit + 1, before);
  const items = found.slice(0, limit).map((row) => ({ ...row, changes: [...row.changes] }));
  const next = found.length > limit ? items.at(-1)?.id ?? null : null;
  return { items, next };
}

/** What a file of entries has of each. */
export const AUDIT_COLUMNS: Readonly<Record<string, (entry: AuditEntryView) => string | number>> = {
  time: ({ time }) => new Date(time).toISOString(),
  user: ({ user }) => user,
  via: ({ via }) => via,
  address: ({ address }) => address,
  action: ({ action }) => action,
  target: ({ target }) => target,
  outcome: ({ outcome }) => outcome,
  count: ({ count }) => count,
  detail: ({ detail }) => detail,
  changes: ({ changes }) => changes.map(changeWords).join("; "),
};

function changeWords({ path, secret, before, after }: AuditChange): string {
  return secret ? `${path} changed` : `${path}: ${before || "not set"} → ${after || "not set"}`;
}

/** `docker/library/alpine:3.20, quay`, `everything`; empty where nothing is selected. */
export function selectionWords(
  { images = [], registries = [], digests = [], unusedForMs }: Selection,
): string {
  const names = [
    ...images.map(({ registry, repository, tag }) =>
      `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}`
    ),
    ...registries,
    ...digests,
  ];
  if (unusedForMs === 0) names.unshift("everything");
  else if (unusedForMs !== undefined) names.unshift(`unused for ${durationWords(unusedForMs)}`);
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** `3 digests, 2 tags, 412 MiB freed`. */
export function evictedWords({ digests, tags, bytes }: Evicted): string {
  return `${plural(digests, "digest")}, ${plural(tags, "tag")}, ${formatSize(bytes)} freed`;
}
