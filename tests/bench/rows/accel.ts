/** Large blobs that nginx sends in Berth's place, beside nginx that sends them without asking anybody. */
import { join } from "node:path";
import { startBerth } from "../../e2e/harness/berth.ts";
import { startFront } from "../../e2e/harness/front.ts";
import { startNginx } from "../../e2e/harness/nginx.ts";
import { scratchDir } from "../../e2e/harness/scratch.ts";
import { listens } from "../../e2e/harness/wait.ts";
import { freePort } from "../../fake/ports.ts";
import { combined, type Contender, contender } from "../contender.ts";
import { eachBerth } from "../contenders.ts";
import { transfer } from "../load.ts";
import { rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes } from "../scale.ts";

const TIMES = 3;

/** Of both: the log that users keep. */
const accessLog = (dir: string) =>
  `access_log ${join(dir, "access.log")} combined buffer=64k flush=1s;`;

/** nginx with docs/nginx.md before a Berth; the figures are of both. */
async function startBoth(upstream: string, command: string[]): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const berth = stack.use(
    await startBerth({
      trusted_proxies: ["127.0.0.1"],
      cache: { accel_redirect: "/berth-blobs/" },
      default_registry: "docker",
      registries: { docker: { url: upstream, library: false } },
    }, command),
  );
  const { host } = new URL(berth.url);
  const front = stack.use(
    await startFront({ berth: host, cacheDir: berth.cacheDir, accessLog }),
  );
  const url = front.url.replace("localhost", "127.0.0.1");
  return combined(url, [front.nginx.pid, berth.pid], stack.move());
}

/** nginx that fetches a file when it is first asked for it, and from then on sends it (`proxy_store`). */
async function startFiles(upstream: string): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("files")).path;
  const port = freePort();
  const config = `${accessLog(dir)}
server {
  listen 127.0.0.1:${port};
  root ${join(dir, "files")};
  default_type application/octet-stream;
  location / { try_files $uri @upstream; }
  location @upstream {
    proxy_pass ${upstream};
    proxy_store on;
  }
}`;
  const nginx = stack.use(await startNginx(dir, port, config, () => listens(port)));
  const owned = stack.move();
  return contender(`http://127.0.0.1:${port}`, nginx.pid, owned);
}

export const ACCEL: Row = {
  name: "accel",
  starters: (berths) => ({
    nginx: startFiles,
    ...eachBerth(berths, (command) => (upstream) => startBoth(upstream, command)),
  }),
  metrics: ({ large }) =>
    ["1 client", "4 clients"].flatMap((clients) =>
      withCpu({
        name: `hit sent by nginx in front, ${clients}, ${mebibytes(large)}`,
        unit: "MB/s",
        better: "more",
      }, "CPU s/GB")
    ),
  async prepare(contender, upstream, { large }) {
    const requests = [{ url: contender.url + await upstream.freshBlob(large) }];
    await transfer({ clients: 1, requests, times: 2 }, large);
    const hits = (clients: number) => () => transfer({ clients, requests, times: TIMES }, large);
    return async () => [
      ...await rateAndCpu(contender, hits(1)),
      ...await rateAndCpu(contender, hits(4)),
    ];
  },
};
