/** The order of messages as a stream in Valkey or Redis. */
import type { Cluster, Redis } from "iovalkey";
import { connect, type ServerOptions } from "../peers/connect.ts";
import type { Entry, Stream } from "./stream.ts";

/** Old messages go: whoever has not read them has a snapshot instead. */
const MOST = 100_000;
const AT_ONCE = 200;
/** Milliseconds that a command may take, and a read waits for something to come. */
const PATIENCE = 1000;
const WAIT = 5000;

const RAISE = "return redis.call('XSETID', KEYS[1], ARGV[1])";

export class ValkeyStream implements Stream {
  readonly #key: string;
  readonly #commands: Redis | Cluster;
  /** Of its own, since it is waited on. */
  readonly #reads: Redis | Cluster;

  /** @param prefix what the names of all keys begin with */
  constructor(server: ServerOptions, prefix: string) {
    this.#key = `{${prefix}}:feed`;
    this.#commands = connect(server, PATIENCE);
    this.#reads = connect(server, WAIT + PATIENCE);
    for (const client of [this.#commands, this.#reads]) client.on("error", () => {});
  }

  async add(text: string): Promise<string> {
    const id = await this.#commands.xadd(this.#key, "MAXLEN", "~", MOST, "*", "m", text);
    return id!;
  }

  async read(id: string): Promise<Entry[]> {
    const found = await this.#reads.xread(
      ...(["COUNT", AT_ONCE, "BLOCK", WAIT, "STREAMS", this.#key, id] as const),
    );
    return (found?.[0]?.[1] ?? []).map(([id, [, text = ""]]) => ({ id, text }));
  }

  async has(id: string): Promise<boolean> {
    return (await this.#commands.xrange(this.#key, id, id)).length > 0;
  }

  async raise(id: string): Promise<void> {
    await this.#commands.eval(RAISE, 1, this.#key, id);
  }

  close(): void {
    this.#commands.disconnect();
    this.#reads.disconnect();
  }
}
