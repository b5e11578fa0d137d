/** What the page says, in one place. */
import type { Text } from "../../web/format.ts";

export const WORDS = {
  policy: "Policy",
  whatMayComeThroughRules:
    "What may come through: rules, what is held back, and whose signature is asked for.",
  effective: "Effective",
  frozenAndReleasedTags: "Frozen and released tags",
  everythingMayComeThrough: "Everything may come through",
  noRuleHoldOrSignature: "No rule, hold or signature is configured.",
  effectiveRules: "Effective rules",
  changedByUsersWhoMayWrite: "Changed by users who may write ",
  aConfigurationFileOfWhich: "a configuration file, of which there is none",
  fromTheNextReloadOn:
    ", from the next reload on. Admins release what is held back, and freeze tags, in a tag's history.",
  tryRules: "Try rules",
  rules: "Rules",
  asPolicyRulesHasThem:
    "As policy.rules has them. Nothing is saved: put them into the configuration file.",
  tryOnTheLast30: "Try on the last 30 days",
  recordedPull: "recorded pull",
  ofWouldHaveBeenRefused: (a: Text, b: Text) => `Of ${a}, ${b} would have been refused`,
  ofItCannotBeTold: (a: Text) => `; of ${a} it cannot be told`,
  moreLine: "more line",
  notShown: (a: Text) => ` ${a} not shown.`,
  everythingWouldHaveComeThrough: "Everything would have come through",
  whatWouldHaveBeenRefused: "What would have been refused",
  image: "Image",
  pulls: "Pulls",
  clients: "Clients",
  users: "Users",
  last: "Last",
} as const;
