/** What the audit log holds: who did what, and who could not sign in. */

/** What somebody did, or tried to do. */
export const ACTIONS = [
  "sign-in",
  "sign-out",
  "registry-sign-in",
  "config-reload",
  "overlay-drop",
  "registry-add",
  "registry-change",
  "registry-remove",
  "registry-test",
  "host-allow",
  "evict",
  "pin",
  "unpin",
  "verify",
  "pull",
  "pull-cancel",
  "bundle-load",
  "prefetch-run",
  "prefetch-add",
  "prefetch-remove",
  "prefetch-learn",
  "prefetch-look",
  "token-make",
  "token-revoke",
  "notice-mute",
  "notice-unmute",
  "webhook-test",
  "tag-freeze",
  "tag-unfreeze",
  "release",
] as const;
export type Action = (typeof ACTIONS)[number];

/** `refused`: by who it was or was not; `failed`: by what was asked, or by an error. */
export const OUTCOMES = ["done", "refused", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * How it came in: a sign-in by password, token or OpenID Connect; `open` without one; the
 * command line on Berth's own machine; or no person's request at all but a file, a signal, the
 * registry map at its URL or another Berth.
 */
export const WAYS = [
  "password",
  "token",
  "oidc",
  "open",
  "command",
  "file",
  "signal",
  "map",
  "cluster",
] as const;
export type Way = (typeof WAYS)[number];

/** One value before and after, as text; a secret is named and not told. */
export interface AuditChange {
  readonly path: string;
  readonly secret: boolean;
  readonly before: string;
  readonly after: string;
}

export interface AuditEntry {
  /** `ann`, `token ci`; empty where it is not known. */
  readonly user: string;
  readonly via: Way;
  /** The client's, through trusted proxies; empty where there is none. */
  readonly address: string;
  readonly action: Action;
  /** The registry, image, digest, token, notice or webhook that it was done to. */
  readonly target: string;
  readonly outcome: Outcome;
  /** In words: what came of it, or why not. */
  readonly detail: string;
  readonly changes: readonly AuditChange[];
}

/** An entry as it is kept. */
export interface AuditRow extends AuditEntry {
  /** Grows from entry to entry. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
  /** How often the same happened within that minute. */
  readonly count: number;
}

/** Which entries are asked for; what is left out does not matter. */
export interface AuditFilter {
  /** At this time or later, in Unix milliseconds. */
  readonly from?: number | undefined;
  /** Before this time. */
  readonly to?: number | undefined;
  /** Somewhere in the user's name, whatever the case. */
  readonly user?: string | undefined;
  readonly action?: Action | undefined;
  readonly outcome?: Outcome | undefined;
}

const DONE: Readonly<Record<Action, string>> = {
  "sign-in": "signed in",
  "sign-out": "signed out",
  "registry-sign-in": "signed in at the registry",
  "config-reload": "reloaded the configuration",
  "overlay-drop": "dropped changes to the configuration",
  "registry-add": "added registry",
  "registry-change": "changed registry",
  "registry-remove": "removed registry",
  "registry-test": "tested registry",
  "host-allow": "allowed host",
  "evict": "evicted",
  "pin": "pinned",
  "unpin": "unpinned",
  "verify": "verified",
  "pull": "pulled",
  "pull-cancel": "cancelled pull",
  "bundle-load": "loaded",
  "prefetch-run": "ran rule",
  "prefetch-add": "added rule",
  "prefetch-remove": "removed rule",
  "prefetch-learn": "set learning to",
  "prefetch-look": "looked at the tags pulled most",
  "token-make": "made token",
  "token-revoke": "revoked token",
  "notice-mute": "muted",
  "notice-unmute": "unmuted",
  "webhook-test": "tested webhook",
  "tag-freeze": "froze",
  "tag-unfreeze": "unfroze",
  "release": "released",
};

/** The entry in a line: `192.0.2.7: ann changed registry docker (registries.docker.url)`. */
export function auditLine(entry: AuditEntry): string {
  const { address, action, target, outcome, detail, changes } = entry;
  const from = address === "" ? "" : `${address}: `;
  const why = detail === "" ? "" : `: ${detail}`;
  if (/sign-in$/.test(action) && outcome !== "done") return `${from}${signInFailed(entry)}${why}`;
  const who = entry.user || "nobody who is signed in";
  const what = [DONE[action], target].filter((part) => part !== "").join(" ");
  const keys = changes.length === 0 ? "" : ` (${changes.map(({ path }) => path).join(", ")})`;
  const verdict = outcome === "done" ? "" : `, ${outcome}`;
  return `${from}${who} ${what}${keys}${verdict}${why}`;
}

/** An unknown name may be a password in the wrong field, so it is not told. */
function signInFailed({ action, via, user }: AuditEntry): string {
  const door = action === "sign-in" ? "dashboard sign-in" : "sign-in";
  if (via === "password") return `${door} as ${user || "an unknown user"} failed`;
  if (via === "token") return `${door} by ${user || "token"} failed`;
  return `${door}${user === "" ? "" : ` as ${user}`} by OpenID Connect failed`;
}
