/** A registry that fails now and then in each of the ways in which registries do. */
import { createHash, randomFillSync } from "node:crypto";
import { Dice } from "../e2e/soak/dice.ts";
import { type Answer, type FaultAction, FaultBook, type Seen, serveWire } from "../fake/wire.ts";

/** How many requests of a hundred go wrong. */
const RATE = 0.2;

export interface FaultyUpstream extends AsyncDisposable {
  readonly url: string;
  /** Of its blobs, each with its size. */
  readonly blobs: readonly { path: string; size: number }[];
}

/** Starts one with `count` blobs of up to `largest` bytes, which are slices of the same memory. */
export async function startFaultyUpstream(
  count: number,
  largest: number,
): Promise<FaultyUpstream> {
  const bytes = randomFillSync(new Uint8Array(largest + count));
  const contents = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const content = bytes.subarray(i, i + Math.ceil(largest * (i + 1) / count));
    const hex = createHash("sha256").update(content).digest("hex");
    contents.set(`/v2/bench/faults/blobs/sha256:${hex}`, content);
  }
  const faults = new RandomFaults(largest);
  const handler = (seen: Seen) => answerFor(seen, contents.get(seen.path));
  const wire = await serveWire({ name: "registry", handler, log: [], faults });
  return {
    url: wire.url,
    blobs: [...contents].map(([path, { length }]) => ({ path, size: length })),
    [Symbol.asyncDispose]: () => wire.close(),
  };
}

function answerFor({ headers, path }: Seen, content: Uint8Array | undefined): Answer {
  if (path === "/v2/") return { status: 200, body: "{}" };
  if (!content) return { status: 404 };
  const from = Number(/^bytes=(\d+)-/.exec(headers.get("range") ?? "")?.[1] ?? 0);
  const fields = { "content-type": "application/octet-stream" };
  if (from === 0) return { status: 200, headers: fields, body: content };
  const range = `bytes ${from}-${content.length - 1}/${content.length}`;
  const partial = { ...fields, "content-range": range };
  return { status: 206, headers: partial, body: content.subarray(from) };
}

/** The same ones in each run: as many of them as requests come. */
class RandomFaults extends FaultBook {
  readonly #dice = new Dice(14);
  readonly #largest: number;

  constructor(largest: number) {
    super();
    this.#largest = largest;
  }

  override next({ path }: Seen): FaultAction | undefined {
    if (!path.includes("/blobs/") || !this.#dice.chance(RATE)) return undefined;
    const after = this.#dice.between(0, this.#largest);
    return this.#dice.pick<FaultAction>([
      { kind: "cut", after },
      { kind: "stall", after },
      { kind: "corrupt" },
      { kind: "close" },
      { kind: "truncate", to: after },
      { kind: "answer", status: 500, body: "<html>not today</html>" },
    ]);
  }
}
