/** Several Berths in one process, with the order of their messages in an array. */
import { join } from "node:path";
import { Catalog } from "../../../cache/catalog/catalog.ts";
import { sharedRows } from "../../../cache/catalog/shared.ts";
import type { SharedRows } from "../../../cache/change.ts";
import { Feed, type NewsListener } from "../../../cache/feed/feed.ts";
import { Seal } from "../../../cache/feed/message.ts";
import { packed } from "../../../cache/feed/snapshot.ts";
import type { Entry, Stream } from "../../../cache/feed/stream.ts";
import { FakeClock, settle } from "../../fake/clock.ts";
import { until } from "../support.ts";

export const seal = new Seal([new TextEncoder().encode("a key of the tests")]);

/** A server that all have in common: it may be away, emptied, trimmed. */
export class FakeServer {
  entries: Entry[] = [];
  away = false;
  /** Says that it has what it is sent, and loses it. */
  losing = false;
  #ms = 1000;
  #floor = 0;
  #come = Promise.withResolvers<void>();

  add(text: string): string {
    this.#ms = Math.max(this.#ms, this.#floor) + 1;
    const id = `${this.#ms}-0`;
    if (!this.losing) this.entries.push({ id, text });
    this.wake();
    return id;
  }

  /** Whoever waits looks again. */
  wake(): void {
    this.#come.resolve();
    this.#come = Promise.withResolvers();
  }

  /** Loses everything; what comes then has ids from `ms` on. */
  empty(ms: number): void {
    this.entries = [];
    this.#ms = ms;
    this.#floor = 0;
    this.wake();
  }

  raise(id: string): void {
    this.#floor = parseInt(id);
  }

  /** What comes after `id`, or nothing once somebody has been woken for nothing. */
  async after(id: string): Promise<Entry[]> {
    const later = () => this.entries.filter((entry) => parseInt(entry.id) > parseInt(id));
    if (later().length === 0) await this.#come.promise;
    if (this.away) throw new Error("away");
    return later().slice(0, 150);
  }

  /** A way to it that may be cut for those alone who have it. */
  link(): Link {
    const link = { cut: false, connect: () => this.connect(() => link.cut) };
    return link;
  }

  connect(cut = () => false): Stream {
    const reachable = () => {
      if (this.away || cut()) throw new Error("away");
    };
    let closed = false;
    // deno-lint-ignore require-await
    const ask = async <T>(answer: () => T): Promise<T> => {
      if (closed) throw new Error("closed");
      reachable();
      return answer();
    };
    return {
      add: (text) => ask(() => this.add(text)),
      read: async (id) => {
        await ask(() => {});
        const entries = await this.after(id);
        if (closed) throw new Error("closed");
        reachable();
        return entries;
      },
      has: (id) => ask(() => this.entries.some((entry) => entry.id === id)),
      raise: (id) => ask(() => this.raise(id)),
      close: () => {
        closed = true;
        this.wake();
      },
    };
  }
}

export interface Link {
  cut: boolean;
  connect(): Stream;
}

export interface FakeBerth extends AsyncDisposable {
  catalog: Catalog;
  rows: SharedRows;
  feed: Feed;
  news: Map<string, NewsListener>;
  lines: string[];
  clock: FakeClock;
}

/** Starts one that keeps its rows in `dir`, and can have those of `others`, or what is packed. */
export async function startFake(
  server: Pick<FakeServer, "connect">,
  dir: string,
  name: string,
  others: () => (FakeBerth | Uint8Array<ArrayBuffer> | "away")[] = () => [],
  before: (catalog: Catalog) => void = () => {},
): Promise<FakeBerth> {
  const catalog = Catalog.open(join(dir, `${name}.db`));
  catalog.share();
  before(catalog);
  const own = sharedRows(catalog);
  const rows: SharedRows = Object.assign(own, {
    apply: (...[changes, id, mine]: Parameters<SharedRows["apply"]>) =>
      void catalog.apply(
        mine ? changes.filter(({ kind }) => kind !== "used" && kind !== "asked") : changes,
        id,
      ),
  });
  const lines: string[] = [];
  const news = new Map<string, NewsListener>();
  const clock = new FakeClock();
  const feed = new Feed({
    rows,
    stream: server.connect(),
    seal,
    clock,
    by: `${name}-${crypto.randomUUID().slice(0, 4)}`,
    snapshots: () =>
      Promise.resolve(
        others().map((other) => {
          if (other === "away") return other;
          if (other instanceof Uint8Array) return new Response(other).body!;
          return packed(other.rows.snapshot(), seal);
        }),
      ),
    news,
    say: (line, level = "warn") => lines.push(`${level}: ${line}`),
  });
  await feed.start(60_000);
  return {
    catalog,
    rows,
    feed,
    news,
    lines,
    clock,
    async [Symbol.asyncDispose]() {
      if (!catalog.db.isOpen) return;
      await feed[Symbol.asyncDispose]();
      catalog.close(1);
    },
  };
}

/** Everybody has heard what has been told. */
export async function heard(server: FakeServer, ...berths: FakeBerth[]): Promise<void> {
  await settle();
  await until(
    () => berths.every(({ rows }) => rows.lastApplied === server.entries.at(-1)?.id),
    "everybody has heard everything",
  );
}
