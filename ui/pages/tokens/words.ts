/** What the page says, in one place. */
import type { Text } from "../../web/format.ts";

export const WORDS = {
  apiTokens: "API tokens",
  forScriptsPrometheusAndCi:
    "For scripts, Prometheus and CI: each with what it may do, until it expires.",
  newToken: "New token",
  withoutCacheDirNothingIs: "Without cache.dir nothing is kept: these tokens end when Berth stops.",
  tokens: "Tokens",
  noTokensYet: "No tokens yet",
  makeOneForEachScript:
    "Make one for each script or machine, so that each can be revoked by itself.",
  name: "Name",
  may: "May",
  expires: "Expires",
  lastUsed: "Last used",
  revoke: (a: Text) => `Revoke ${a}`,
  revoke2: "Revoke",
  fromTheConfiguration: "from the configuration",
  madeBy: (a: Text, b: Text) => `made ${a} by ${b}`,
  never: "never",
  expired: "Expired",
  notRecorded: "not recorded",
  revoked: (a: Text) => `Revoked ${a}`,
  cancel: "Cancel",
  requestsThatUseItAre:
    "Requests that use it are rejected from now on. A revoked token cannot be brought back.",
  signInAtTheRegistry: "sign in at the registry as user “token”, and pull",
  lookAtEverythingThatThe: "look at everything that the dashboard shows",
  lookPullEvictPinVerify: "look; pull, evict, pin, verify, mute and test",
  lookAddChangeAndRemove: "look; add, change and remove registries",
  everythingTokensAndTheAudit: "everything, tokens and the audit log included",
  inAYear: "in a year",
  whatItIsForShown: "What it is for: shown here, in the log and in the audit log.",
  makeToken: "Make token",
  itMay: "It may",
  token: (a: Text) => `Token ${a}`,
  done: "Done",
  copyItNowItIs: "Copy it now: it is not shown again.",
  berthKeepsOnlyAHash: "Berth keeps only a hash of it.",
} as const;
