/** The dashboard: which page shows, and what runs beneath all of them. */
import { useSignal } from "@preact/signals";
import { type ComponentChildren, render } from "preact";
import { useEffect } from "preact/hooks";
import { LocationProvider, Route, Router } from "preact-iso/router";
import { later, loadWhenIdle, Outdated, withStyles } from "./components/later.tsx";
import lazy, { ErrorBoundary } from "preact-iso/lazy";
import { Failure } from "./components/states.tsx";
import { Shell } from "./components/shell.tsx";
import { Toasts } from "./components/toast.tsx";
import { startClock } from "./web/clock.ts";
import { Overview } from "./pages/overview.tsx";
import { connectLive } from "./web/live.ts";
import { pathname, useAddress } from "./web/location.ts";
import { isDecodable } from "./web/paths.ts";
import { loadSession, session } from "./web/session.ts";
import { listenToShortcuts } from "./web/shortcuts.ts";

/** Links to the API and the metrics leave the dashboard. */
const SCOPE = /^(?!\/(api|metrics)\b)/;

const Login = lazy(() =>
  withStyles(() => import("./pages/login.tsx")).then(({ Login }) => Login, () => Outdated)
);
const Pages = later(({ Pages }) => Pages);
const Missing = later(({ Missing }) => Missing);

function App() {
  const error = useSignal<unknown>(undefined);
  const load = () => {
    error.value = undefined;
    loadSession().catch((reason) => error.value = reason);
  };
  useEffect(load, []);
  const signedIn = session.value && (session.value.signedIn || session.value.auth === "none");
  useEffect(() => {
    if (!signedIn) return;
    loadWhenIdle();
    const stops = [connectLive(), startClock()];
    return () => stops.forEach((stop) => stop());
  }, [signedIn]);

  if (error.value !== undefined) {
    return (
      <main class="login">
        <Failure error={error.value} retry={load} />
      </main>
    );
  }
  if (!session.value) return null;
  if (!signedIn) {
    return (
      <ErrorBoundary>
        <Login />
      </ErrorBoundary>
    );
  }
  return (
    <Shell>
      <Router>
        <Route path="/" component={Overview} />
        <Route path="/*" component={isDecodable(pathname.value) ? Pages : Missing} />
      </Router>
    </Shell>
  );
}

/** Tells the address to whatever is beneath. */
function Address({ children }: { children: ComponentChildren }) {
  useAddress();
  return <>{children}</>;
}

listenToShortcuts();
render(
  <LocationProvider scope={SCOPE}>
    <Address>
      <App />
      <Toasts />
    </Address>
  </LocationProvider>,
  document.getElementById("app")!,
);
