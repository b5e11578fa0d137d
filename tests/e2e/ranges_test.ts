/** Ranges of blobs as clients ask for them: not here yet, on their way, and held. */
import assert from "node:assert/strict";
import { image, OCI_LAYER, type Stored } from "../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../fake/registry.ts";
import type { Fault } from "../fake/wire.ts";
import { type Berth, type Settings, startBerth } from "./harness/berth.ts";
import { curl, type CurlAnswer } from "./harness/curl.ts";
import { forAll } from "./harness/for_all.ts";
import { sha256 } from "./harness/image.ts";
import { finish } from "./harness/process.ts";
import { until } from "./harness/wait.ts";

const MIB = 2 ** 20;
const SIZE = 3 * MIB;

interface Lab extends AsyncDisposable {
  readonly berth: Berth;
  readonly upstream: FakeRegistry;
  /** A layer that nobody has asked for yet. */
  fresh(): Layer;
}

interface Layer extends Stored {
  readonly url: string;
  /** What upstream was asked for it: the Range of each GET. */
  asked(): (string | null)[];
  /** Its next transfer stops after so many bytes, until the result is called. */
  hold(after: number, fault?: Partial<Fault>): () => void;
}

async function startRanges(settings: Settings = {}): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const app = image({ layers: Array(40).fill(SIZE) });
  const layers = app.blobs.filter(({ mediaType }) => mediaType === OCI_LAYER);
  const upstream = stack.use(await fakeRegistry({ images: { "app:latest": app } }));
  const registries = { docker: { url: upstream.url, library: false } };
  const berth = stack.use(await startBerth({ registries, ...settings }));
  const owned = stack.move();
  return {
    berth,
    upstream,
    fresh() {
      const layer = layers.pop()!;
      const path = new RegExp(layer.digest);
      return {
        ...layer,
        url: `${berth.url}/v2/app/blobs/${layer.digest}`,
        asked: () => upstream.seen("GET", path).map(({ headers }) => headers.get("range")),
        hold(after, fault) {
          const gate = Promise.withResolvers<void>();
          const action = { kind: "stall", after, until: gate.promise } as const;
          upstream.fault({ path, action, ...fault });
          return gate.resolve;
        },
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const lab = forAll(startRanges);

/** Waits until `layer` is answered from the cache. */
async function held({ url }: Layer): Promise<void> {
  await until("the blob is held", async () => {
    const { headers } = await curl(url, { flags: ["--head"] });
    return headers.get("cache-status") === "berth; hit";
  });
}

/** `layer` as curl gets it by `headers`, cold, while somebody else is fetching it, and held. */
async function inEachState(
  headers: (layer: Layer) => Record<string, string>,
  check: (answer: CurlAnswer, layer: Layer, state: "cold" | "joined" | "hit") => void,
): Promise<void> {
  const cold = lab().fresh();
  check(await curl(cold.url, { headers: headers(cold) }), cold, "cold");
  await held(cold);
  check(await curl(cold.url, { headers: headers(cold) }), cold, "hit");

  const joined = lab().fresh();
  const release = joined.hold(2 * MIB);
  const leader = await fetch(joined.url);
  const answer = await curl(joined.url, { headers: headers(joined), headed: release });
  assert.match(answer.headers.get("cache-status")!, /^berth; fwd=(miss; collapsed|partial)$/);
  check(answer, joined, "joined");
  assert.equal(sha256(await leader.bytes()), joined.digest);
  await held(joined);
  assert.equal(joined.asked().filter((range) => range === null).length, 1);
}

const SINGLE: [range: string, start: number, end: number][] = [
  ["bytes=0-50", 0, 51],
  ["bytes=2000000-2000099", 2_000_000, 2_000_100],
  ["bytes=-100", SIZE - 100, SIZE],
  ["bytes=0-", 0, SIZE],
  [`bytes=0-${SIZE - 1}`, 0, SIZE],
  ["bytes=1000000-", 1_000_000, SIZE],
];

for (const [range, start, end] of SINGLE) {
  Deno.test(`ranges, curl gets ${range} cold, joined and held`, async () => {
    await inEachState(() => ({ range }), ({ status, headers, body, code }, { bytes }, state) => {
      assert.deepEqual([state, status, code], [state, 206, 0]);
      assert.equal(headers.get("content-range"), `bytes ${start}-${end - 1}/${SIZE}`);
      assert.deepEqual(body, bytes.slice(start, end));
    });
  });
}

Deno.test("ranges, curl gets several as parts where they are here, else as one", async () => {
  const range = "bytes=5-9,100-199";
  await inEachState(() => ({ range }), ({ status, headers, body }, { bytes }, state) => {
    assert.equal(status, 206);
    const type = headers.get("content-type")!;
    if (state !== "hit") {
      assert.equal(type, "application/octet-stream");
      assert.equal(headers.get("content-range"), `bytes 5-199/${SIZE}`);
      return assert.deepEqual(body, bytes.slice(5, 200));
    }
    assert.match(type, /^multipart\/byteranges; boundary=/);
    const text = new TextDecoder("latin1").decode(body);
    const contents = text.split("\r\n\r\n").slice(1).map((part) => part.split("\r\n--")[0]);
    const latin = (start: number, end: number) =>
      new TextDecoder("latin1").decode(bytes.slice(start, end));
    assert.deepEqual(contents, [latin(5, 10), latin(100, 200)]);
  });
});

Deno.test("ranges, curl's If-Range and If-None-Match hold in every state", async () => {
  const range = "bytes=5-9";
  const part = ({ status, body }: CurlAnswer, { bytes }: Layer) => {
    assert.equal(status, 206);
    assert.deepEqual(body, bytes.slice(5, 10));
  };
  await inEachState(({ digest }) => ({ range, "if-range": `"${digest}"` }), part);
  await inEachState(() => ({ range, "if-none-match": '"sha256:other"' }), part);
  await inEachState(() => ({ range, "if-range": '"sha256:other"' }), ({ status, body }, layer) => {
    assert.equal(status, 200);
    assert.equal(sha256(body), layer.digest);
  });
  await inEachState(({ digest }) => ({ "if-none-match": `"${digest}"` }), (answer, _, state) => {
    assert.equal(answer.status, state === "cold" ? 200 : 304);
  });
});

for (
  const range of ["bytes=0-50", "bytes=2000000-2000099", "bytes=-100", "bytes=9-50,2000000-2000099"]
) {
  Deno.test(`ranges, ${range} of a cold blob is there while the blob cannot be`, async () => {
    const layer = lab().fresh();
    // A range that is asked for by itself is asked for first.
    const byItself = range !== "bytes=0-50";
    const release = layer.hold(1000, { from: byItself ? 2 : 1 });
    const { status, body } = await curl(layer.url, { headers: { range } });
    assert.equal(status, 206);
    await until("the whole is asked for", () => Promise.resolve(layer.asked().includes(null)));
    const head = await curl(layer.url, { flags: ["--head"] });
    assert.equal(head.headers.get("cache-status"), "berth; fwd=miss; stored");
    release();
    await held(layer);
    const [first, last] = range.startsWith("bytes=-") ? [SIZE - 100, SIZE - 1] : ends(range);
    assert.deepEqual(body, layer.bytes.slice(first, last + 1));
    assert.equal(layer.asked().length, byItself ? 2 : 1, String(layer.asked()));
  });
}

/** First and last byte of what covers `bytes=a-b` or `bytes=a-b,c-d`. */
function ends(range: string): [number, number] {
  const numbers = range.match(/\d+/g)!.map(Number);
  return [Math.min(...numbers), Math.max(...numbers)];
}

Deno.test("ranges, a layer fetched in parallel as containerd does costs one transfer", async () => {
  const layer = lab().fresh();
  const chunk = SIZE / 6;
  // The first opens the whole, the others everything from their chunk on; each leaves with its chunk.
  const parts = await Promise.all(Array.from({ length: 6 }, (_, i) => {
    const range = i === 0 ? "" : `-r ${i * chunk}-`;
    return finish("sh", ["-c", `curl -s ${range} ${layer.url} | head -c ${chunk}`]);
  }));
  const whole = new Uint8Array(SIZE);
  parts.forEach(({ stdout }, i) => whole.set(stdout, i * chunk));
  assert.equal(sha256(whole), layer.digest);
  await held(layer);
  assert.deepEqual(layer.asked(), [null]);
});

const CLIENTS: Record<string, (host: string, digest: string) => [string, ...string[]]> = {
  regctl: (host, digest) => {
    const flags = ["--host", `reg=${host},tls=disabled`];
    return ["regctl", "blob", "get", ...flags, `${host}/app`, digest];
  },
  oras: (host, digest) => {
    return ["oras", "blob", "fetch", "--plain-http", "--output", "-", `${host}/app@${digest}`];
  },
  crane: (host, digest) => ["crane", "blob", "--insecure", `${host}/app@${digest}`],
};

for (const [name, command] of Object.entries(CLIENTS)) {
  Deno.test(`ranges, ${name} gets a blob cold and held`, async () => {
    const layer = lab().fresh();
    for (const state of ["cold", "held"]) {
      const [program, ...args] = command(lab().berth.host, layer.digest);
      const { stdout, stderr } = await finish(program, args);
      assert.equal(sha256(stdout), layer.digest, `${state}: ${stderr}`);
      await held(layer);
    }
    assert.deepEqual(layer.asked(), [null]);
  });
}

Deno.test("ranges, regctl goes on by a range where an answer broke off", async () => {
  await using lab = await startRanges({ upstream: { retries: 0 } });
  const layer = lab.fresh();
  lab.upstream.fault({ path: new RegExp(layer.digest), action: { kind: "cut", after: MIB } });
  const [program, ...args] = CLIENTS.regctl!(lab.berth.host, layer.digest);
  const { stdout, stderr } = await finish(program, args);
  assert.equal(sha256(stdout), layer.digest, stderr);
  const log = await lab.berth.output();
  assert.match(log, / 200 miss .*\(upstream broke off\)/);
  assert.match(log, / 206 miss /);
});
