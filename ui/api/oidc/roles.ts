/** Which role the provider's claims give. Pure. */
import type { Role } from "../../../proxy/config/schema.ts";
import { claimAt, type Claims, type OidcConfig } from "./provider.ts";

/** From the highest. */
const RANKS: readonly Role[] = ["admin", "operator", "viewer"];
const LONGEST_NAME = 100;

/** The highest role that a group gives, and that group; undefined where none gives one. */
export function roleBy(
  claims: Claims,
  { groups_claim, roles }: OidcConfig,
): { role: Role; group: string } | undefined {
  const claim = claimAt(claims, groups_claim);
  const groups = (Array.isArray(claim) ? claim : [claim]).filter((one) => typeof one === "string");
  for (const role of RANKS) {
    const group = groups.find((one) => Object.hasOwn(roles, one) && roles[one] === role);
    if (group !== undefined) return { role, group };
  }
  return undefined;
}

/** What somebody is called here: a name that people know, or what the provider knows them by. */
export function userName(claims: Claims): string {
  const names = ["preferred_username", "email", "name", "sub"].map((name) => claims[name]);
  const name = names.find((one) => typeof one === "string" && one.trim() !== "");
  return String(name ?? "").replace(/\p{Cc}/gu, "").trim().slice(0, LONGEST_NAME);
}

/** What a session stands on that such a group gave; undefined: on nothing any more. */
export function groupCredential(
  { issuer, client_id, roles }: OidcConfig,
  { role, group }: { role: Role; group: string },
): string | undefined {
  const gives = issuer !== "" && Object.hasOwn(roles, group) && roles[group] === role;
  return gives ? `oidc ${JSON.stringify([issuer, client_id, group, role])}` : undefined;
}
