/** Several Berths that share a coordinator or a depot, or neither, with nginx in front of them. */
import { type Berth, type Settings, startBerth } from "./berth.ts";
import type { S3Store } from "./go_tools.ts";
import { startNginx } from "./nginx.ts";
import { scratchDir } from "./scratch.ts";
import { listens, until } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

export interface ClusterOptions {
  /** The registry's URL. */
  upstream: string;
  members?: number;
  /** URL of the coordinator; without one each Berth knows of itself alone. */
  coordinator?: string;
  /** Settings of `cluster` beside that. */
  cluster?: Settings;
  store?: S3Store;
  /** Does not wait until they know each other: others that are there do not know them. */
  apart?: boolean;
  /** Settings of the registry beside its URL, and of Berth. */
  registry?: Settings;
  settings?: Settings;
  /** What to start, where it is not the executable under test. */
  command?: string[];
}

export interface Cluster extends AsyncDisposable {
  readonly members: readonly Berth[];
  /** `localhost:port` of nginx, which asks one after the other and leaves out who does not answer. */
  readonly host: string;
  readonly url: string;
  /** nginx's. */
  readonly pid: number;
}

const SECRET = "a secret of the tests' own";

/** Starts them and waits until they know each other. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { upstream, members: count = 3, coordinator, store, registry, settings } = options;
  await using stack = new AsyncDisposableStack();
  const members: Berth[] = [];
  for (let i = 0; i < count; i++) {
    const peers = `127.0.0.1:${freePort()}`;
    const at = { url: coordinator, secret: SECRET, listen: peers, advertise: peers };
    const berth = await startBerth({
      default_registry: "docker",
      registries: { docker: { url: upstream, ...registry } },
      ...(coordinator && { cluster: { ...at, ...options.cluster } }),
      ...(store && { cache: { depot: depotIn(store) } }),
      ...settings,
    }, options.command);
    members.push(stack.use(berth));
  }
  if (coordinator && !options.apart) await together(members);
  const { path } = stack.use(await scratchDir("front"));
  const port = freePort();
  const ready = () => listens(port);
  const { pid } = stack.use(await startNginx(path, port, roundRobin(port, members), ready));
  const owned = stack.move();
  return {
    members,
    pid,
    host: `localhost:${port}`,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** `cache.depot` for a bucket in `store`, reached at `port`. */
export function depotIn(
  { bucket, keys, port: own }: S3Store,
  port = own,
): Record<string, unknown> {
  return {
    url: `s3://${bucket}/some/where`,
    endpoint: `http://127.0.0.1:${port}`,
    access_key_id: keys.accessKeyId,
    secret_access_key: keys.secretAccessKey,
  };
}

/** Resolves when each of `members` reaches all others. */
export async function together(members: readonly Berth[]): Promise<void> {
  await until("all know each other", async () => {
    const figures = await Promise.all(
      members.map((berth) => metric(berth, "berth_peers", "reached")),
    );
    return figures.every((count) => count === members.length - 1);
  });
}

/** A figure of `/metrics` by its label's value. */
export async function metric({ admin }: Berth, name: string, label: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const line = text.split("\n").find((line) =>
    line.startsWith(`${name}{`) && line.includes(`"${label}"`)
  );
  return Number(line?.split(" ").at(-1) ?? NaN);
}

/** The longest silence of a Berth that is well: a leader's lease, and what else takes its time. */
const PATIENCE = "15s";

/** nginx's http block; who does not answer is asked again with the next request. */
export function roundRobin(port: number, members: readonly { url: string }[]): string {
  const servers = members.map(({ url }) => `server ${new URL(url).host} max_fails=0;`);
  return `
access_log off;
upstream berths { ${servers.join(" ")} keepalive 64; }
server {
  listen 127.0.0.1:${port};
  client_max_body_size 0;
  location / {
    proxy_pass http://berths;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
    proxy_connect_timeout 1s;
    proxy_read_timeout ${PATIENCE};
    proxy_next_upstream error timeout;
  }
}`;
}
