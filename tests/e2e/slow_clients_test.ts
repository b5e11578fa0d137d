/** Clients that take their time, and too many of them: everybody else is served meanwhile. */
import assert from "node:assert/strict";
import { image, OCI_LAYER, type Stored } from "../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../fake/registry.ts";
import { type Berth, COMMAND, type Settings, startBerth } from "./harness/berth.ts";
import { curl } from "./harness/curl.ts";
import { sha256 } from "./harness/image.ts";
import { until } from "./harness/wait.ts";

const MIB = 2 ** 20;
const app = image({ layers: [32 * MIB, 4096] });
const [large, small] = app.blobs.filter(({ mediaType }) => mediaType === OCI_LAYER) as [
  Stored,
  Stored,
];

interface Lab extends AsyncDisposable {
  readonly berth: Berth;
  readonly upstream: FakeRegistry;
  url(blob: Stored): string;
  /** A connection on which `request` has been sent, without the empty line at its end. */
  open(request: string): Promise<Deno.TcpConn>;
}

/** Berth with `open files` file descriptors at the most. */
async function startLab(settings: Settings, openFiles: number): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeRegistry({ images: { "app:latest": app } }));
  const command = ["sh", "-c", `ulimit -n ${openFiles}; exec "$@"`, "sh", ...COMMAND];
  const registries = { docker: { url: upstream.url, library: false } };
  const berth = stack.use(await startBerth({ registries, ...settings }, command));
  const { hostname, port } = new URL(berth.url);
  const owned = stack.move();
  return {
    berth,
    upstream,
    url: ({ digest }) => `${berth.url}/v2/app/blobs/${digest}`,
    async open(request) {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(new TextEncoder().encode(`${request} HTTP/1.1\r\nHost: x\r\n`));
      return connection;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

Deno.test("slow clients, those that never end their request or never read cost others nothing", async () => {
  await using lab = await startLab({ timeouts: { send: "500ms" } }, 2000);
  const { berth } = lab;
  for (const blob of [large, small]) await curl(lab.url(blob));
  using connections = new DisposableStack();
  for (let i = 0; i < 200; i++) connections.use(await lab.open("GET /v2/"));
  const path = new URL(lab.url(large)).pathname;
  for (let i = 0; i < 100; i++) {
    const connection = connections.use(await lab.open(`GET ${path}`));
    await connection.write(new TextEncoder().encode("\r\n"));
  }
  let answered = 0;
  await until("all are given up", async () => {
    const { status, body } = await curl(lab.url(small));
    assert.deepEqual([status, body.length], [200, 4096]);
    answered++;
    return (await berth.output()).split("(client stalled)").length - 1 === 100;
  });
  assert.ok(answered > 0);
  assert.equal(sha256((await curl(lab.url(large))).body), large.digest);
});

Deno.test("slow clients, more connections than files may be open are waited out", async () => {
  await using lab = await startLab({}, 150);
  const { berth } = lab;
  const gate = Promise.withResolvers<void>();
  lab.upstream.fault({ path: /blobs/, action: { kind: "stall", after: MIB, until: gate.promise } });
  const begun = Promise.withResolvers<void>();
  const download = curl(lab.url(large), { headed: begun.resolve });
  await begun.promise;
  {
    using connections = new DisposableStack();
    await until("no more connections are accepted", async () => {
      for (let i = 0; i < 20; i++) {
        const opened = await lab.open("GET /v2/").catch(() => undefined);
        if (opened) connections.use(opened);
      }
      return (await berth.output()).includes("connections cannot be accepted: Too many open files");
    });
  }
  gate.resolve();
  assert.equal(sha256((await download).body), large.digest, "what was running goes on");
  await until("it answers again", async () => {
    const response = await fetch(`${berth.url}/v2/`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.status === 200;
  });
  assert.equal(await berth.stop(), 0);
});
