/** The log as its readers get it: whole and in order, however fast they read and however Berth ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { image } from "../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../fake/registry.ts";
import { type Berth, COMMAND, type Settings, startBerth } from "./harness/berth.ts";
import { run } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";

const JSON_LINES: Settings = { log: { format: "json", level: "info" } };

interface Lab extends AsyncDisposable {
  readonly berth: Berth;
  readonly upstream: FakeRegistry;
}

async function lab(command?: string[]): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeRegistry({ images: { "app:latest": image() } }));
  const registries = { docker: { url: upstream.url, library: false } };
  const berth = stack.use(await startBerth({ ...JSON_LINES, registries }, command));
  const owned = stack.move();
  return { berth, upstream, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Asks for the manifest `times` times, one after another; the ids of the requests. */
async function ask({ berth }: Lab, times: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < times; i++) {
    const response = await fetch(`${berth.url}/v2/app/manifests/latest`);
    await response.body?.cancel();
    assert.equal(response.status, 200);
    ids.push(response.headers.get("x-request-id")!);
  }
  return ids;
}

/** The ids of requests for the manifest that a log tells of. */
function told(log: string): string[] {
  const lines = log.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "manifest")
    .map(({ id }) => id);
}

/** How Berth is started with its log on `file`. */
function loggingTo(file: string): string[] {
  return ["sh", "-c", 'exec "$@" 2>"$0"', file, ...COMMAND];
}

interface Pipe extends AsyncDisposable {
  readonly path: string;
  /** Our end, which is there as soon as somebody writes. */
  readonly reader: Promise<Deno.FsFile>;
}

async function pipe(): Promise<Pipe> {
  const scratch = await scratchDir("pipe");
  const path = join(scratch.path, "log");
  await run("mkfifo", [path]);
  return { ...scratch, path, reader: Deno.open(path) };
}

Deno.test("log, at SIGTERM every request is in it, in order", async () => {
  await using one = await lab();
  const ids = await ask(one, 300);
  assert.equal(await one.berth.stop(), 0);
  assert.deepEqual(told(await one.berth.output()), ids);
});

Deno.test("log, a reader who is slow misses nothing and stops nobody", async () => {
  await using to = await pipe();
  await using one = await lab(loggingTo(to.path));
  using reader = await to.reader;
  // Several times what a pipe holds: nothing of it is read before everything is answered.
  const ids = await ask(one, 1000);
  const chunks: BlobPart[] = [];
  const reading = reader.readable.pipeTo(
    new WritableStream({ write: (chunk) => void chunks.push(chunk) }),
  );
  assert.equal(await one.berth.stop(), 0);
  await reading;
  assert.deepEqual(told(await new Blob(chunks).text()), ids);
});

Deno.test("log, a reader who has gone stops nobody", async () => {
  await using to = await pipe();
  await using one = await lab(loggingTo(to.path));
  (await to.reader).close();
  await ask(one, 10);
  assert.equal(await one.berth.stop(), 0);
});

Deno.test("log, on a full disk Berth goes on", async () => {
  await using one = await lab(loggingTo("/dev/full"));
  await ask(one, 10);
  assert.equal(await one.berth.stop(), 0);
});
