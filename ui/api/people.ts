/** Who may sign in at the dashboard by name and password. */
import { needsPassword } from "../../proxy/config/admins.ts";
import type { Config, Role } from "../../proxy/config/schema.ts";

/** One of them. */
export interface Account {
  readonly name: string;
  readonly role: Role;
  /** Of the password; a session ends once it changes. */
  readonly hash: string;
}

/**
 * The account of `name`; undefined where there is none. `made` is the hash of the password made at
 * the first start: for `admin.username`, as long as the configuration knows no other admin.
 */
export function accountOf({ admin }: Config, made: string, name: string): Account | undefined {
  if (Object.hasOwn(admin.users, name)) {
    const { password_hash: hash, role } = admin.users[name]!;
    return { name, role, hash };
  }
  const hash = needsPassword(admin) ? made : admin.password_hash;
  return name === admin.username && hash !== "" ? { name, role: "admin", hash } : undefined;
}

/** A hash to compare with where the name is unknown, so that this takes as long. */
export function decoyOf({ admin }: Config, made: string): string {
  return admin.password_hash || Object.values(admin.users)[0]?.password_hash || made;
}
