import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { TextField } from "../components/field.tsx";
import { Mark } from "../components/icon.tsx";
import { ErrorLine } from "../components/states.tsx";
import { pathname } from "../web/location.ts";
import { leaveToSignIn, returnSignedIn } from "../web/oidc.ts";
import { expired, session, signIn } from "../web/session.ts";

const WORDS = {
  signInBerth: "Sign in · Berth",
  berth: "Berth",
  signInWith: "Sign in with",
  yourSessionHasEndedSign: "Your session has ended. Sign in again to continue.",
  userName: "User name",
  password: "Password",
  signIn: "Sign in",
  theFirstPasswordWasPrinted:
    "The first password was printed when Berth first started. To set another, put what",
  printsInto: "prints into",
} as const;

/** Signing in. The address stays, so that one ends up on the page that was asked for. */
export function Login() {
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const attempt = async (action: Promise<void>) => {
    busy.value = true;
    error.value = undefined;
    try {
      await action;
    } catch (reason) {
      error.value = reason;
      busy.value = false;
    }
  };
  useEffect(() => {
    document.title = WORDS.signInBerth;
    if (pathname.value === "/login/oidc") attempt(returnSignedIn(location.search));
  }, []);
  const { oidc } = session.value ?? {};
  return (
    <main class="login">
      <div class="login-card">
        <h1 class="brand">
          <Mark size={32} />
          {WORDS.berth}
        </h1>
        <PasswordForm
          error={error.value}
          busy={busy.value}
          onSubmit={(name, password) => attempt(signIn(name, password))}
        >
          {oidc && (
            <button
              type="button"
              class="button"
              disabled={busy.value}
              onClick={() => attempt(leaveToSignIn())}
            >
              {WORDS.signInWith} {oidc}
            </button>
          )}
        </PasswordForm>
        <PasswordHint />
      </div>
    </main>
  );
}

interface FormProps {
  error: unknown;
  busy: boolean;
  onSubmit: (name: string, password: string) => Promise<void>;
  /** Other ways in. */
  children: ComponentChildren;
}

function PasswordForm({ error, busy, onSubmit, children }: FormProps) {
  const username = useSignal("");
  const password = useSignal("");
  const submit = async (event: Event) => {
    event.preventDefault();
    await onSubmit(username.value, password.value);
    password.value = "";
  };
  return (
    <form class="panel" onSubmit={submit}>
      {expired.value && error === undefined && <p role="status">{WORDS.yourSessionHasEndedSign}</p>}
      <ErrorLine error={error} />
      <TextField
        label={WORDS.userName}
        autocomplete="username"
        autofocus
        required
        value={username.value}
        onInput={(value) => username.value = value}
      />
      <TextField
        label={WORDS.password}
        type="password"
        autocomplete="current-password"
        required
        value={password.value}
        onInput={(value) => password.value = value}
      />
      <button type="submit" class="button primary" disabled={busy}>
        {busy && <span class="spinner" aria-hidden="true" />}
        {WORDS.signIn}
      </button>
      {children}
    </form>
  );
}

function PasswordHint() {
  return (
    <p class="muted small">
      {WORDS.theFirstPasswordWasPrinted} <code>berth hash-password</code> {WORDS.printsInto}{" "}
      <code>admin.password_hash</code>.
    </p>
  );
}
