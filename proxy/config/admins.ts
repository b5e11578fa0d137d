/** Who administers Berth, by the configuration alone. */
import type { Config } from "./schema.ts";

/** Whether nobody could sign in as an admin unless a password is made for `admin.username`. */
export function needsPassword({ password_hash, users }: Config["admin"]): boolean {
  return password_hash === "" && !Object.values(users).some(({ role }) => role === "admin");
}
