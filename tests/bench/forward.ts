/** The forward proxy: bytes through a tunnel, and hits behind TLS that Berth opens. */
import { join } from "node:path";
import { startBerth } from "../e2e/harness/berth.ts";
import { run, start } from "../e2e/harness/process.ts";
import { scratchDir } from "../e2e/harness/scratch.ts";
import { answers, freePort } from "../e2e/harness/wait.ts";
import type { Case } from "./cases.ts";
import { type Contender, contender } from "./contenders.ts";
import { LARGE } from "./upstream.ts";

const ROUNDS = 3;
const TIMES = 3;

/** Its `url` is the proxy's; clients keep the addresses of the registry. */
async function startForward(upstream: string): Promise<Contender> {
  const port = freePort();
  const berth = await startBerth({
    registries: { docker: { url: upstream, aliases: ["docker.io"], library: false } },
    forward: { listen: `127.0.0.1:${port}`, intercept: ["docker"] },
    log: { level: "warn" },
  });
  return contender(`http://127.0.0.1:${port}`, berth.pid, berth);
}

async function startSquid(): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const file = join(stack.use(await scratchDir("squid")).path, "squid.conf");
  const url = `http://127.0.0.1:${freePort()}`;
  await Deno.writeTextFile(
    file,
    `http_port ${new URL(url).host}
http_access allow all
cache deny all
pid_filename none
access_log none
cache_log /dev/null
`,
  );
  const squid = stack.use(
    await start("squid", ["-N", "-f", file], { ready: () => answers(url) }),
  );
  const owned = stack.move();
  return contender(url, squid.pid, owned);
}

export const FORWARD: Case[] = [
  {
    name: "tunnel",
    starters: { squid: startSquid, berth: startForward },
    metrics: [
      { name: "tunnel, 1 client, 256 MiB", unit: "MB/s", better: "more" },
      { name: "tunnel, 4 clients, 256 MiB", unit: "MB/s", better: "more" },
    ],
    async run(proxy, upstream) {
      const url = upstream.url + await upstream.freshBlob(LARGE);
      const through = ["--proxy", proxy.url, "--proxytunnel"];
      return [await rates(1, [...through, url]), await rates(4, [...through, url])];
    },
  },
  {
    name: "intercept",
    starters: { berth: startForward },
    metrics: [
      { name: "intercepted hit, 1 client, 256 MiB", unit: "MB/s", better: "more" },
      { name: "intercepted hit, 4 clients, 256 MiB", unit: "MB/s", better: "more" },
    ],
    async run(proxy, upstream) {
      await using scratch = await scratchDir("ca");
      const ca = join(scratch.path, "ca.crt");
      await run("curl", ["-sSf", "-o", ca, `${proxy.url}/ca.crt`]);
      const url = `https://docker.io${await upstream.freshBlob(LARGE)}`;
      const args = ["--proxy", proxy.url, "--cacert", ca, url];
      await rate(1, args);
      return [await rates(1, args), await rates(4, args)];
    },
  },
];

/** Megabytes a second that `clients` curls get together, each `TIMES` over one connection. */
async function rate(clients: number, args: string[]): Promise<number> {
  const url = args.at(-1)!;
  const urls = Array.from({ length: TIMES }, () => ["-o", "/dev/null", url]).flat();
  const began = performance.now();
  const curl = () => run("curl", ["-sSf", ...args.slice(0, -1), ...urls]);
  await Promise.all(Array.from({ length: clients }, curl));
  return clients * TIMES * LARGE / 1000 / (performance.now() - began);
}

async function rates(clients: number, args: string[]): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < ROUNDS; i++) samples.push(await rate(clients, args));
  return samples;
}
