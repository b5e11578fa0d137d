/** The forward proxy: bytes through a tunnel, and hits behind TLS that Berth opens. */
import { join } from "node:path";
import { startBerth } from "../../e2e/harness/berth.ts";
import { run, start } from "../../e2e/harness/process.ts";
import { scratchDir } from "../../e2e/harness/scratch.ts";
import { answers } from "../../e2e/harness/wait.ts";
import { freePort } from "../../fake/ports.ts";
import { type Contender, contender } from "../contender.ts";
import { type Berths, eachBerth, tlsCaches } from "../contenders.ts";
import { curls } from "../load.ts";
import { type Metric, rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes } from "../scale.ts";

const TIMES = 3;

/** Its `url` is the proxy's; clients keep the addresses of the registry. */
async function startForward(upstream: string, command: string[]): Promise<Contender> {
  const port = freePort();
  const berth = await startBerth({
    registries: { docker: { url: upstream, aliases: ["docker.io"], library: false } },
    forward: { listen: `127.0.0.1:${port}`, intercept: ["docker"] },
  }, command);
  return contender(`http://127.0.0.1:${port}`, berth.pid, berth, { berth });
}

function forwardBerths(berths: Berths) {
  return eachBerth(berths, (command) => (upstream) => startForward(upstream, command));
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

export const FORWARD: Row[] = [
  {
    name: "tunnel",
    starters: (berths) => ({ squid: startSquid, ...forwardBerths(berths) }),
    metrics: ({ large }) => oneAndFour("tunnel", large),
    async prepare(contender, upstream, { large }) {
      const url = upstream.url + await upstream.freshBlob(large);
      const args = ["--proxy", contender.url, "--proxytunnel"];
      return () => bothRates(contender, args, url, large);
    },
  },
  {
    name: "intercept",
    // nginx intercepts nothing: it is asked itself, over TLS.
    starters: (berths) => ({ nginx: tlsCaches(berths).nginx!, ...forwardBerths(berths) }),
    metrics: ({ large }) => oneAndFour("intercepted hit", large),
    async prepare(contender, upstream, { large }) {
      const path = await upstream.freshBlob(large);
      if (contender.caFile) {
        const args = ["--cacert", contender.caFile, "--http1.1"];
        await curls(1, 2, args, contender.url + path, large);
        return () => bothRates(contender, args, contender.url + path, large);
      }
      const url = `https://docker.io${path}`;
      const pem = await run("curl", ["-sSf", `${contender.url}/ca.crt`]);
      return async () => {
        await using scratch = await scratchDir("ca");
        const ca = join(scratch.path, "ca.crt");
        await Deno.writeTextFile(ca, pem);
        const args = ["--proxy", contender.url, "--cacert", ca];
        await curls(1, 2, args, url, large);
        return await bothRates(contender, args, url, large);
      };
    },
  },
];

function oneAndFour(what: string, size: number): Metric[] {
  return ["1 client", "4 clients"].flatMap((clients) =>
    withCpu(
      { name: `${what}, ${clients}, ${mebibytes(size)}`, unit: "MB/s", better: "more" },
      "CPU s/GB",
    )
  );
}

/** For {@linkcode oneAndFour}: what curls get together, and what that costs. */
async function bothRates(
  contender: Contender,
  args: string[],
  url: string,
  size: number,
): Promise<number[]> {
  return [
    ...await rateAndCpu(contender, () => curls(1, TIMES, args, url, size)),
    ...await rateAndCpu(contender, () => curls(4, TIMES, args, url, size)),
  ];
}
