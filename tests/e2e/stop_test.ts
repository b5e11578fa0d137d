/** SIGTERM while content arrives from upstream. */
import assert from "node:assert/strict";
import { image, OCI_LAYER, type Stored } from "../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../fake/registry.ts";
import { type Berth, startBerth } from "./harness/berth.ts";
import { sha256 } from "./harness/image.ts";
import { answers, until } from "./harness/wait.ts";

const SIZE = 8_000_000;
const HALF = SIZE / 2;

interface Paused extends AsyncDisposable {
  readonly berth: Berth;
  readonly upstream: FakeRegistry;
  readonly layer: Stored;
  /** Lets upstream send the second half. */
  goOn(): void;
}

/** Berth in front of a registry that pauses in the middle of the first layer it sends. */
async function paused(grace: string): Promise<Paused> {
  await using stack = new AsyncDisposableStack();
  const app = image({ seed: 7, layers: [SIZE] });
  const layer = app.blobs.find(({ mediaType }) => mediaType === OCI_LAYER)!;
  const { promise, resolve: goOn } = Promise.withResolvers<void>();
  const upstream = stack.use(await fakeRegistry({ images: { "app:latest": app } }));
  upstream.fault({ path: /blobs/, action: { kind: "stall", after: HALF, until: promise } });
  const berth = stack.use(
    await startBerth({
      shutdown_grace: grace,
      registries: { docker: { url: upstream.url, library: false } },
    }),
  );
  stack.defer(goOn);
  const owned = stack.move();
  const dispose = () => owned.disposeAsync();
  return { berth, upstream, layer, goOn, [Symbol.asyncDispose]: dispose };
}

/** A client that has begun to receive the layer. */
async function beginPull({ berth, layer }: Paused) {
  const response = await fetch(`${berth.url}/v2/app/blobs/${layer.digest}`);
  const reader = response.body!.getReader();
  const first = await reader.read();
  return {
    /** The bytes to the end; rejects when the answer breaks off. */
    async rest(): Promise<Uint8Array> {
      const chunks = [first.value!];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
        chunks.push(value);
      }
    },
  };
}

Deno.test("SIGTERM, a running pull is finished, then the exit code is 0", async () => {
  await using lab = await paused("20s");
  const { berth, layer, goOn } = lab;
  const pull = await beginPull(lab);
  Deno.kill(berth.pid, "SIGTERM");
  const open = () => answers(`${berth.url}/readyz`, { statuses: [200] });
  await until("no new connections", async () => !await open());
  goOn();
  assert.equal(sha256(await pull.rest()), layer.digest);
  assert.equal(await berth.stop(), 0);
});

Deno.test("SIGTERM, a pull that does not finish in time goes on at the next start", async () => {
  await using lab = await paused("300ms");
  const { berth, upstream, layer, goOn } = lab;
  const pull = await beginPull(lab);
  const broken = assert.rejects(pull.rest());
  assert.equal(await berth.stop(), 0);
  await broken;
  goOn();

  await berth.restart();
  const again = await fetch(`${berth.url}/v2/app/blobs/${layer.digest}`);
  assert.equal(sha256(await again.bytes()), layer.digest);
  const ranges = upstream.seen("GET", /blobs/).map(({ headers }) => headers.get("range"));
  assert.equal(ranges.length, 2, String(ranges));
  const from = Number(/^bytes=(\d+)-/.exec(ranges[1] ?? "")?.[1]);
  assert.ok(from > 0 && from <= HALF, String(ranges));
});
