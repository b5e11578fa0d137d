/** The dashboard: which page shows, and what runs beneath all of them. */
import { useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { lazy, loadWhenIdle } from "./components/lazy.tsx";
import { Failure } from "./components/states.tsx";
import { Shell } from "./components/shell.tsx";
import { Toasts } from "./components/toast.tsx";
import { Login } from "./pages/login.tsx";
import { Missing } from "./pages/missing.tsx";
import { startClock } from "./web/clock.ts";
import { connectLive } from "./web/live.ts";
import { listenToLocation, navigate, route } from "./web/location.ts";
import type { Route } from "./web/routes.ts";
import { loadSession, session } from "./web/session.ts";
import { listenToShortcuts } from "./web/shortcuts.ts";

const Overview = lazy(async () => (await import("./pages/overview.tsx")).Overview);
const Registries = lazy(async () => (await import("./pages/later.ts")).Registries);
const EditRegistry = lazy(async () => (await import("./pages/later.ts")).EditRegistry);
const NewRegistry = lazy(async () => (await import("./pages/later.ts")).NewRegistry);
const Images = lazy(async () => (await import("./pages/later.ts")).Images);
const Blobs = lazy(async () => (await import("./pages/later.ts")).Blobs);
const BlobPage = lazy(async () => (await import("./pages/later.ts")).BlobPage);
const Activity = lazy(async () => (await import("./pages/later.ts")).Activity);
const RequestPage = lazy(async () => (await import("./pages/later.ts")).RequestPage);
const ConnectPage = lazy(async () => (await import("./pages/later.ts")).ConnectPage);
const Settings = lazy(async () => (await import("./pages/later.ts")).Settings);

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
  if (!signedIn) return <Login />;
  return (
    <Shell>
      <Page route={route.value} />
    </Shell>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "overview":
      return <Overview />;
    case "registries":
      return <Registries />;
    case "registry":
      return <EditRegistry key={route.name} name={route.name} />;
    case "registry-new":
      return <NewRegistry />;
    case "images":
      return <Images />;
    case "blobs":
      return <Blobs />;
    case "blob":
      return <BlobPage key={route.digest} digest={route.digest} />;
    case "activity":
      return <Activity />;
    case "request":
      return <RequestPage key={route.id} id={route.id} />;
    case "connect":
      return <ConnectPage client={route.client} />;
    case "settings":
      return <Settings />;
    case "login":
      return <Home />;
    case "unknown":
      return <Missing />;
  }
}

/** The sign-in page for somebody who is signed in. */
function Home() {
  useEffect(() => navigate("/", { replace: true }), []);
  return null;
}

listenToLocation();
listenToShortcuts();
render(
  <>
    <App />
    <Toasts />
  </>,
  document.getElementById("app")!,
);
