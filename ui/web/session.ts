/** Who is signed in. */
import { signal } from "@preact/signals";
import type { Right } from "../api/rights.ts";
import type { Session } from "../api/schema/session.ts";
import { call, whenSignedOut } from "./client.ts";

/** Undefined until the server has said. */
export const session = signal<Session | undefined>(undefined);
/** True after a session ended by itself: the sign-in page says so. */
export const expired = signal(false);

/** Whether whoever is signed in may do what takes `right`. */
export function may(right: Right): boolean {
  return session.value?.rights.includes(right) ?? false;
}

/** Asks who is signed in. Throws `ApiError`. */
export async function loadSession(): Promise<void> {
  session.value = await call("get", "/session", {});
}

/** Signs in. Throws `ApiError`: 401 for a wrong name or password, 429 after too many. */
export async function signIn(username: string, password: string): Promise<void> {
  session.value = await call("post", "/login", { json: { username, password } });
  expired.value = false;
}

/** Signs out; the server forgets the session. */
export async function signOut(): Promise<void> {
  await call("post", "/logout", {});
  await loadSession();
}

whenSignedOut(() => {
  if (!session.value?.signedIn) return;
  expired.value = true;
  session.value = { ...session.value, signedIn: false };
});
