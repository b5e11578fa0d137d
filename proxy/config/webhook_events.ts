/** What webhooks can be told of. */

/** Notices, which begin and end. */
export const NOTICE_EVENTS = [
  "registry-failing",
  "registry-refused",
  "registry-limited",
  "disk-full",
  "disk-low",
  "cache-not-stored",
  "cache-damaged",
  "cache-upkeep",
  "depot",
  "cluster",
  "certificate",
  "reload-refused",
  "overlay",
  "overlay-shared",
  "configuration-differs",
  "restart-pending",
  "private-exposed",
  "stats-not-written",
] as const;

/** What happens and is past. */
const SINGLE_EVENTS = ["tag-moved", "held", "denied", "evicted"] as const;

/** Every event, as `webhooks[].events` spells it. */
export const WEBHOOK_EVENTS = [...NOTICE_EVENTS, ...SINGLE_EVENTS] as const;
