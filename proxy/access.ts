/** Who may do what. Decisions are pure; `createAccess` binds them to one request's user. */
import type { Registry } from "./config/schema.ts";
import { OciError } from "./oci/errors.ts";
import type { Target } from "./route.ts";

export type Action = "pull" | "push";

/** What the user of one request may do. */
export interface Access {
  user: string;
  /** Throws `DENIED` (403). The answer is the same whether or not the repository exists. */
  require(registry: Registry, repository: string, action: Action): void;
  /** True where a listing may show `name` of the target's registry. */
  mayList(target: Target, name: string): boolean;
}

/** True where `user` may do `action` with `repository` (upstream's name). */
export function allowed(registry: Registry, user: string, repository: string): boolean {
  const { users } = registry.access;
  if (users.length > 0 && !users.includes(user)) return false;
  if (registry.deny.some((glob) => matchGlob(glob, repository))) return false;
  return registry.allow.length === 0 || registry.allow.some((glob) => matchGlob(glob, repository));
}

/** `*` is anything within a path segment, `**` anything at all. */
export function matchGlob(glob: string, name: string): boolean {
  const pattern = glob.split(/(\*\*|\*)/).map((part) =>
    part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
  ).join("");
  return new RegExp(`^${pattern}$`).test(name);
}

export function createAccess(user: string): Access {
  return {
    user,
    require(registry, repository, action) {
      if (repository === "" || allowed(registry, user, repository)) return;
      throw new OciError("DENIED", {
        message: `${user || "anonymous"} may not ${action} ${repository} of ${registry.name} here`,
      });
    },
    mayList: (target, name) => allowed(target.registry, user, name),
  };
}
