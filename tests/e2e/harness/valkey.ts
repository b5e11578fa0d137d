/** A Redis as a coordinator, on a port of loopback. */
import { type Running, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { listens } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

export interface ValkeyServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends a signal to it: `SIGSTOP` makes it hang, `SIGCONT` go on. */
  signal(signal: Deno.Signal): void;
  stop(signal?: Deno.Signal): Promise<void>;
  /** Runs a command on it, and returns what it answers. */
  command(...words: string[]): Promise<string>;
  /** Starts it again where it was, with nothing in it. */
  again(): Promise<void>;
}

/** Starts an empty one that keeps nothing on disk: Debian's Redis, or another `program`. */
export async function startValkey(program = "redis-server"): Promise<ValkeyServer> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("valkey")).path;
  const port = freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", dir];
  const launch = () => start(program, args, { ready: () => listens(port) });
  let server: Running = await launch();
  stack.defer(() => server[Symbol.asyncDispose]());
  const owned = stack.move();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid;
    },
    signal: (signal) => Deno.kill(server.pid, signal),
    async command(...words) {
      const args = ["-p", `${port}`, ...words];
      const { success, stdout } = await new Deno.Command("redis-cli", { args }).output();
      const answer = new TextDecoder().decode(stdout);
      if (!success || answer.startsWith("ERR")) throw new Error(`${words.join(" ")}: ${answer}`);
      return answer;
    },
    async stop(signal = "SIGKILL") {
      await server.stop(signal);
      await server[Symbol.asyncDispose]();
    },
    async again() {
      server = await launch();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
