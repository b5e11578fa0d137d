/** What the audit log's entries are called. */
import type { AuditEntryView } from "../../api/schema/audit.ts";
import type { Text } from "../../web/format.ts";

export const ACTION_WORDS: Readonly<Record<AuditEntryView["action"], string>> = {
  "sign-in": "Sign-in",
  "sign-out": "Sign-out",
  "registry-sign-in": "Registry sign-in",
  "config-reload": "Configuration reloaded",
  "overlay-drop": "Configuration changes dropped",
  "registry-add": "Registry added",
  "registry-change": "Registry changed",
  "registry-remove": "Registry removed",
  "registry-test": "Registry tested",
  "host-allow": "Host allowed",
  "evict": "Evicted",
  "pin": "Pinned",
  "unpin": "Unpinned",
  "verify": "Verified",
  "pull": "Pulled",
  "pull-cancel": "Pull cancelled",
  "bundle-load": "Bundle loaded",
  "prefetch-run": "Rule run",
  "prefetch-add": "Rule added",
  "prefetch-remove": "Rule removed",
  "prefetch-learn": "Learning set",
  "token-make": "Token made",
  "token-revoke": "Token revoked",
  "notice-mute": "Notice muted",
  "notice-unmute": "Notice unmuted",
  "webhook-test": "Webhook tested",
  "tag-freeze": "Tag frozen",
  "tag-unfreeze": "Tag unfrozen",
  "release": "Released",
};

export const OUTCOME_WORDS: Readonly<Record<AuditEntryView["outcome"], string>> = {
  done: "Done",
  refused: "Refused",
  failed: "Failed",
};

export const WAY_WORDS: Readonly<Record<AuditEntryView["via"], string>> = {
  password: "password",
  token: "token",
  oidc: "OpenID Connect",
  open: "no sign-in",
  command: "command line",
  file: "file changed",
  signal: "SIGHUP",
  map: "registry map changed",
  cluster: "changed at another Berth",
};

export const WORDS = {
  everyAction: "Every action",
  everyOutcome: "Every outcome",
  auditLog: "Audit log",
  whoChangedWhatAndWho: "Who changed what, and who could not sign in.",
  entries: "Entries",
  eachBerthOfACluster: "Each Berth of a cluster keeps the log of what was done at it.",
  userOrToken: "User or token",
  keptBy: "Kept by",
  action: "Action",
  outcome: "Outcome",
  from: "From",
  to: "To",
  entriesNewestFirst: "Entries, newest first",
  noEarlierEntriesTheyAre: "No earlier entries. They are kept for a year.",
  showEarlierEntries: "Show earlier entries",
  noEntriesYet: "No entries yet",
  when: "When",
  who: "Who",
  notKnown: "Not known",
  berthItself: "Berth itself",
  what: "What",
  times: (a: Text) => `${a} times`,
  more: (a: Text) => `${a} more`,
} as const;
