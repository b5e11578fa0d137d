/**
 * Every page but the overview, by its path. All of it is one script: a boundary for each page would
 * split what the pages share into a dozen small files, which compress badly.
 */
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Route, type RouteHook, type RoutePropsForPath, Router } from "preact-iso/router";
import { parseName } from "../web/image_path.ts";
import { navigate } from "../web/location.ts";
import { Activity } from "./activity.tsx";
import { AuditPage } from "./audit.tsx";
import { BlobPage } from "./blob.tsx";
import { Blobs } from "./blobs.tsx";
import { ClientPage } from "./client.tsx";
import { ClientsPage } from "./clients.tsx";
import { ConnectPage } from "./connect.tsx";
import { ImagePage } from "./image.tsx";
import { Images } from "./images.tsx";
import { Missing } from "./missing.tsx";
import { Notices } from "./notices.tsx";
import { PolicyPage } from "./policy.tsx";
import { Prefetch } from "./prefetch.tsx";
import { PullsPage } from "./pulls.tsx";
import { Registries } from "./registries.tsx";
import { EditRegistry, NewRegistry } from "./registry.tsx";
import { RequestPage } from "./request.tsx";
import { Settings } from "./settings.tsx";
import { TagPage } from "./tag.tsx";
import { TokensPage } from "./tokens.tsx";

export { Palette } from "../components/palette.tsx";
export { MenuList } from "../components/menu_list.tsx";
export { ClusterPanel, SummedUp } from "./overview/cluster.tsx";
export { Missing } from "./missing.tsx";
export { Figures } from "./overview/figures.tsx";
export { Latest } from "./overview/latest.tsx";
export { StoragePanel } from "./overview/storage.tsx";
export { TopPanels } from "./overview/top.tsx";
export { Welcome } from "./overview/welcome.tsx";

interface Page {
  path: string;
  component: ComponentType<RouteHook>;
}

/** A page with names in its `path`: `show` gets them percent-decoded. */
function page<Path extends string>(
  path: Path,
  show: (params: RoutePropsForPath<Path>["params"]) => VNode,
): Page {
  return { path, component: ({ params }) => show(params) };
}

/** The pages; the first whose path matches is shown. */
export const PAGES: readonly Page[] = [
  { path: "/registries", component: Registries },
  { path: "/registries/new", component: NewRegistry },
  page("/registries/:name", ({ name }) => <EditRegistry key={name} name={name} />),
  { path: "/cache", component: Images },
  { path: "/cache/blobs", component: Blobs },
  { path: "/cache/prefetch", component: Prefetch },
  page("/cache/blobs/:digest", ({ digest }) => <BlobPage key={digest} digest={digest} />),
  { path: "/cache/tag", component: TagPage },
  page(
    "/cache/images/:registry/:name+",
    ({ registry, name }) => (
      <ImagePage key={`${registry} ${name}`} registry={registry} {...parseName(name)} />
    ),
  ),
  { path: "/notices", component: Notices },
  { path: "/activity", component: Activity },
  { path: "/activity/pulls", component: PullsPage },
  { path: "/activity/clients", component: ClientsPage },
  { path: "/activity/client", component: ClientPage },
  page("/activity/:id", ({ id }) => <RequestPage key={id} id={id} />),
  page("/connect/:client?", ({ client = "" }) => <ConnectPage client={client} />),
  { path: "/settings", component: Settings },
  { path: "/settings/policy", component: PolicyPage },
  { path: "/settings/tokens", component: TokensPage },
  { path: "/settings/audit", component: AuditPage },
  { path: "/login", component: Home },
  { path: "/login/oidc", component: Home },
];

/** The page that the address means. */
export function Pages() {
  return (
    <Router>
      {PAGES.map((page) => <Route key={page.path} {...page} />)}
      <Route default component={Missing} />
    </Router>
  );
}

/** The sign-in page for somebody who is signed in. */
function Home() {
  useEffect(() => navigate("/", { replace: true }), []);
  return null;
}
