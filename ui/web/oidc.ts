/** Signing in at the provider, for the sign-in page alone. */
import { call } from "./client.ts";
import { navigate } from "./location.ts";
import { expired, session } from "./session.ts";

const RETURN_TO = "berth-return-to";

/** Goes to the provider's page, which comes back to `/login/oidc`. Throws `ApiError`. */
export async function leaveToSignIn(): Promise<void> {
  const { url } = await call("post", "/oidc/start", {});
  sessionStorage.setItem(RETURN_TO, location.pathname + location.search);
  location.assign(url);
}

/** Signs in with what the provider has sent along; the page that was asked for is next. */
export async function returnSignedIn(search: string): Promise<void> {
  const to = sessionStorage.getItem(RETURN_TO) ?? "/";
  sessionStorage.removeItem(RETURN_TO);
  navigate(to, { replace: true });
  session.value = await call("post", "/oidc/finish", { json: { search } });
  expired.value = false;
}
