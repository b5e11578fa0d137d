import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { TextField } from "../components/field.tsx";
import { Mark } from "../components/icon.tsx";
import { ErrorLine } from "../components/states.tsx";
import { expired, signIn } from "../web/session.ts";

/** Signing in. The address stays, so that one ends up on the page that was asked for. */
export function Login() {
  const username = useSignal("");
  const password = useSignal("");
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  useEffect(() => {
    document.title = "Sign in · Berth";
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    error.value = undefined;
    try {
      await signIn(username.value, password.value);
    } catch (reason) {
      error.value = reason;
      password.value = "";
      busy.value = false;
    }
  };
  return (
    <main class="login">
      <div class="login-card">
        <h1 class="brand">
          <Mark size={32} />
          Berth
        </h1>
        <form class="panel" onSubmit={submit}>
          {expired.value && error.value === undefined && (
            <p role="status">Your session has ended. Sign in again to continue.</p>
          )}
          <ErrorLine error={error.value} />
          <TextField
            label="User name"
            autocomplete="username"
            autofocus
            required
            value={username.value}
            onInput={(value) => username.value = value}
          />
          <TextField
            label="Password"
            type="password"
            autocomplete="current-password"
            required
            value={password.value}
            onInput={(value) => password.value = value}
          />
          <button type="submit" class="button primary" disabled={busy.value}>
            {busy.value && <span class="spinner" aria-hidden="true" />}
            Sign in
          </button>
        </form>
        <PasswordHint />
      </div>
    </main>
  );
}

function PasswordHint() {
  return (
    <p class="muted small">
      The first password was printed when Berth first started. To set another, put what{" "}
      <code>berth hash-password</code> prints into <code>admin.password_hash</code>.
    </p>
  );
}
