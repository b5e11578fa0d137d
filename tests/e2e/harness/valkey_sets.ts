/** Several Redis servers that know of each other, and one that lets nobody in without a name and TLS. */
import { join } from "node:path";
import type { KeyPair } from "./certificates.ts";
import { run, type Running, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { listens, until } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

const LOOPBACK = ["--bind", "127.0.0.1", "--save", ""];

/** Asks a server on `port`, and resolves to what it says. */
export const ask = async (port: number, ...words: string[]): Promise<string> =>
  (await run("redis-cli", ["-h", "127.0.0.1", "-p", String(port), ...words])).trim();

interface Set extends AsyncDisposable {
  /** What `cluster.url` has to be. */
  readonly url: string;
}

/** A server that speaks TLS alone and knows one user, who may do no more than Berth has to. */
export async function startSecureValkey(
  tls: KeyPair,
  name: string,
  password: string,
): Promise<Set> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("secure")).path;
  const port = freePort();
  const rules = ["on", `>${password}`, "~{berth}*", "&*", "+@all", "-@dangerous", "-@admin"];
  stack.use(
    await start("redis-server", [
      ...LOOPBACK,
      ...["--dir", dir, "--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no"],
      ...["--tls-cert-file", tls.certFile, "--tls-key-file", tls.keyFile],
      ...["--user", "default", "off", "--user", name, ...rules],
    ], { ready: () => listens(port) }),
  );
  const owned = stack.move();
  return {
    url: `rediss://${name}:${password}@localhost:${port}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A primary, its replica and a sentinel that watches them. */
interface Sentinels extends Set {
  /** Kills the primary, and resolves when the replica has taken its place. */
  failOver(): Promise<void>;
}

export async function startSentinels(): Promise<Sentinels> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("sentinels")).path;
  const [first, second, watcher] = [freePort(), freePort(), freePort()];
  const server = async (port: number, ...more: string[]): Promise<Running> => {
    const at = join(dir, String(port));
    await Deno.mkdir(at);
    const args = [...LOOPBACK, "--dir", at, "--port", String(port), ...more];
    return stack.use(await start("redis-server", args, { ready: () => listens(port) }));
  };
  const primary = await server(first);
  await server(second, "--replicaof", "127.0.0.1", String(first));
  const file = join(dir, "sentinel.conf");
  await Deno.writeTextFile(
    file,
    `port ${watcher}
bind 127.0.0.1
dir ${dir}
sentinel monitor main 127.0.0.1 ${first} 1
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 2000
`,
  );
  const ready = () => listens(watcher);
  stack.use(await start("redis-server", [file, "--sentinel"], { ready }));
  await until(
    "the sentinel knows the replica",
    async () => (await ask(watcher, "sentinel", "replicas", "main")).includes(String(second)),
  );
  const owned = stack.move();
  return {
    url: `redis-sentinel://127.0.0.1:${watcher}/main`,
    async failOver() {
      await primary.stop("SIGKILL");
      await until(
        "the replica is the primary",
        async () => (await ask(second, "role")).startsWith("master"),
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Two servers that share the slots. */
interface Shards extends Set {
  /** Moves the slot of Berth's keys to the other one. */
  move(): Promise<void>;
}

const HALF = 8192;

export async function startShards(): Promise<Shards> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("shards")).path;
  const ports = [freePort(), freePort()] as [number, number];
  for (const port of ports) {
    const at = join(dir, String(port));
    await Deno.mkdir(at);
    const bus = ["--cluster-enabled", "yes", "--cluster-port", String(freePort())];
    const args = [...LOOPBACK, "--dir", at, "--port", String(port), ...bus];
    stack.use(await start("redis-server", args, { ready: () => listens(port) }));
  }
  const [one, two] = ports;
  await ask(one, "cluster", "addslotsrange", "0", String(HALF - 1));
  await ask(two, "cluster", "addslotsrange", String(HALF), "16383");
  const bus = /cluster-port\n(\d+)/.exec(await ask(two, "config", "get", "cluster-port"))![1]!;
  await ask(one, "cluster", "meet", "127.0.0.1", String(two), bus);
  await until("the two are together", async () => {
    const states = await Promise.all(ports.map((port) => ask(port, "cluster", "info")));
    return states.every((state) => state.includes("cluster_state:ok"));
  });
  const owned = stack.move();
  return {
    url: `redis-cluster://127.0.0.1:${one},127.0.0.1:${two}`,
    async move() {
      const slot = await ask(one, "cluster", "keyslot", "{berth}");
      const [from, to] = Number(slot) < HALF ? [one, two] : [two, one];
      const [source, target] = [
        await ask(from, "cluster", "myid"),
        await ask(to, "cluster", "myid"),
      ];
      await ask(to, "cluster", "setslot", slot, "importing", source);
      await ask(from, "cluster", "setslot", slot, "migrating", target);
      for (;;) {
        const keys = (await ask(from, "cluster", "getkeysinslot", slot, "100")).split("\n");
        if (keys[0] === "") break;
        await ask(from, "migrate", "127.0.0.1", String(to), "", "0", "5000", "keys", ...keys);
      }
      for (const port of [to, from]) await ask(port, "cluster", "setslot", slot, "node", target);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
