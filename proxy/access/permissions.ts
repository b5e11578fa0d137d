/** Who may do what. The decision is one pure function; `accessRules` binds it to a configuration. */
import { globPattern } from "../../base/glob.ts";
import type { Config, Registry } from "../config/schema.ts";
import { OciError } from "../oci/errors.ts";

export type Action = "pull" | "push";

/** What somebody asks to do. */
export interface AccessRequest {
  /** Empty where nobody signs in. */
  user: string;
  /** Name of the registry. */
  registry: string;
  /** Upstream's name of the repository. */
  repository: string;
  action: Action;
}

/** The parts of a configuration that say who may do what, ready to be asked. */
export interface Policy {
  registries: ReadonlyMap<string, {
    /** Empty: everybody. */
    users: readonly string[];
    allow: readonly RegExp[];
    deny: readonly RegExp[];
  }>;
  /** Where there are any, only what one of them grants is allowed. */
  rules: readonly {
    users: readonly string[];
    /** On `registry/repository`. */
    repositories: readonly RegExp[];
    actions: readonly Action[];
  }[];
}

/** What the user of one request may do. */
export interface Access {
  user: string;
  /** Throws `DENIED` (403). The answer is the same whether or not the repository exists. */
  require(registry: Registry, repository: string, action: Action): void;
  /** Whether to do `action` with upstream's `repository`. */
  may(registry: Registry, repository: string, action: Action): boolean;
}

/**
 * Whether `policy` allows `request`: the registry is open to the user, the repository is not
 * denied and, where there are lists of what is allowed or rules, one of each kind grants it.
 */
export function permitted(policy: Policy, request: AccessRequest): boolean {
  const registry = policy.registries.get(request.registry);
  if (!registry) return false;
  // What a token is for here is its scope, `pull`.
  if (request.action === "push" && isToken(request.user)) return false;
  if (!within(registry.users, request.user)) return false;
  if (matches(registry.deny, request.repository)) return false;
  if (registry.allow.length > 0 && !matches(registry.allow, request.repository)) return false;
  const name = `${request.registry}/${request.repository}`;
  return policy.rules.length === 0 ||
    policy.rules.some(({ users, repositories, actions }) =>
      actions.includes(request.action) && within(users, request.user) &&
      (repositories.length === 0 || matches(repositories, name))
    );
}

/** The policy of a configuration. */
export function policyOf({ registries, access }: Pick<Config, "registries" | "access">): Policy {
  return {
    registries: new Map(
      Object.entries(registries).map(([name, { access, allow, deny }]) => [name, {
        users: access.users,
        allow: allow.map(globPattern),
        deny: deny.map(globPattern),
      }]),
    ),
    rules: access.map((rule) => ({ ...rule, repositories: rule.repositories.map(globPattern) })),
  };
}

/** The access of each user, by the rules of a configuration. */
export function accessRules(config: Pick<Config, "registries" | "access">) {
  const policy = policyOf(config);
  return (user: string): Access =>
    accessOf(
      user,
      user || "anonymous",
      ({ name }, repository, action) =>
        permitted(policy, { user, registry: name, repository, action }),
    );
}

/** What Berth itself may fetch: whatever `allow` and `deny` leave of a registry; rules are for people. */
export function ownAccess(config: Pick<Config, "registries" | "access">): Access {
  const { registries } = policyOf(config);
  const open = new Map([...registries].map(([name, lists]) => [name, { ...lists, users: [] }]));
  const policy = { registries: open, rules: [] };
  return accessOf(
    "",
    "Berth itself",
    ({ name }, repository, action) =>
      action === "pull" && permitted(policy, { user: "", registry: name, repository, action }),
  );
}

function accessOf(user: string, called: string, may: Access["may"]): Access {
  return {
    user,
    may,
    require(registry, repository, action) {
      if (repository === "" || may(registry, repository, action)) return;
      throw new OciError("DENIED", {
        message: `${called} may not ${action} ${repository} of ${registry.name} here`,
      });
    },
  };
}

function matches(patterns: readonly RegExp[], name: string): boolean {
  return patterns.some((pattern) => pattern.test(name));
}

/** An empty list names everybody; `token` names every token, `token:ci` one. */
function within(users: readonly string[], user: string): boolean {
  return users.length === 0 || users.includes(user) || (isToken(user) && users.includes("token"));
}

/** Users of the configuration have no colon in their names. */
function isToken(user: string): boolean {
  return user.startsWith("token:");
}
