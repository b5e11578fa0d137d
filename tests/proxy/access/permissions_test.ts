import assert from "node:assert/strict";
import { type AccessRequest, permitted, policyOf } from "../../../proxy/access/permissions.ts";
import { configSchema } from "../../../proxy/config/schema.ts";

const policy = (settings: Record<string, unknown>, hub: Record<string, unknown> = {}) =>
  policyOf(configSchema.parse({
    registries: { hub: { url: "https://hub.test", ...hub }, own: { url: "https://own.test" } },
    ...settings,
  }));

const rules = [
  { repositories: ["hub/library/*"] },
  { users: ["ann"], repositories: ["hub/acme/**"], actions: ["pull", "push"] },
  { users: ["bob"], repositories: ["own/**"], actions: ["push"] },
  { users: ["cyd"], actions: ["pull", "push"] },
];

const OPEN = policy({});
const CLOSED = policy({}, { access: { users: ["ann"] } });
const TOKENS = policy({}, { access: { users: ["token"] } });
const ONE_TOKEN = policy({}, { access: { users: ["token:ci"] } });
const LISTED = policy({}, { allow: ["library/*", "acme/**"], deny: ["acme/secret", "**/old"] });
const RULED = policy({ access: rules });
const BOTH = policy({ access: rules }, { access: { users: ["ann"] }, deny: ["acme/secret"] });

const CASES: [policy: ReturnType<typeof policy>, request: string, expected: boolean][] = [
  [OPEN, " pull hub/any/thing", true],
  [OPEN, "ann push hub/any/thing", true],
  [OPEN, "ann pull nowhere/any", false],
  [CLOSED, "ann pull hub/app", true],
  [CLOSED, "bob pull hub/app", false],
  [CLOSED, " pull hub/app", false],
  [CLOSED, "token:ann pull hub/app", false],
  [TOKENS, "token:ci pull hub/app", true],
  [TOKENS, "token:other pull hub/app", true],
  [ONE_TOKEN, "token:ci pull hub/app", true],
  [ONE_TOKEN, "token:other pull hub/app", false],
  [OPEN, "token:ci push hub/app", false],
  [CLOSED, "bob pull own/app", true],
  [LISTED, " pull hub/library/alpine", true],
  [LISTED, " pull hub/library/deep/er", false],
  [LISTED, " pull hub/acme/a/b", true],
  [LISTED, " pull hub/acme/secret", false],
  [LISTED, " pull hub/acme/secret2", true],
  [LISTED, " pull hub/acme/x/old", false],
  [LISTED, " pull hub/other", false],
  [LISTED, " pull own/other", true],
  [RULED, " pull hub/library/alpine", true],
  [RULED, "bob pull hub/library/alpine", true],
  [RULED, "bob push hub/library/alpine", false],
  [RULED, "ann push hub/acme/app", true],
  [RULED, "bob pull hub/acme/app", false],
  [RULED, "bob push own/app", true],
  [RULED, "bob pull own/app", false],
  [RULED, "cyd push own/app", true],
  [RULED, "ann pull own/app", false],
  [BOTH, "ann pull hub/acme/app", true],
  [BOTH, "ann pull hub/acme/secret", false],
  [BOTH, "cyd pull hub/acme/app", false],
  [BOTH, "bob pull hub/library/alpine", false],
];

Deno.test("permitted, what the registry, its lists and the rules say together", () => {
  for (const [policy, text, expected] of CASES) {
    const [user = "", action, name = ""] = text.split(" ");
    const [registry = "", ...rest] = name.split("/");
    const request = { user, action, registry, repository: rest.join("/") } as AccessRequest;
    assert.equal(permitted(policy, request), expected, text);
  }
});
