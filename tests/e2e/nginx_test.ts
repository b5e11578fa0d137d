/** Berth behind a real nginx that sends large blobs itself, set up as docs/nginx.md says. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { image, OCI_LAYER } from "../fake/content.ts";
import { send } from "../fake/http.ts";
import { type FakeRegistry, fakeRegistry } from "../fake/registry.ts";
import { type Berth, EXECUTABLE, startBerth } from "./harness/berth.ts";
import { type KeyPair, makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { startContainerd } from "./harness/containerd.ts";
import { curl } from "./harness/curl.ts";
import { forAll } from "./harness/for_all.ts";
import { type Front, startFront } from "./harness/front.ts";
import { sha256 } from "./harness/image.ts";
import { finish } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, skopeoPull } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";

const MIB = 2 ** 20;
const app = image({ layers: [3 * MIB, 2 * MIB, 5000] });
const [LAYER, OTHER, SMALL] = app.blobs.filter(({ mediaType }) => mediaType === OCI_LAYER);
const SIZE = LAYER!.bytes.length;
const PATH = `/v2/app/blobs/${LAYER!.digest}`;
const ETAG = `"${LAYER!.digest}"`;

/** Berth's group: its files can be read by it. */
const GROUP = EXECUTABLE === undefined ? "root" : "nogroup";

interface Lab extends AsyncDisposable {
  readonly berth: Berth;
  readonly upstream: FakeRegistry;
  readonly authority: KeyPair;
  readonly nginx: Front;
  /** Another nginx, before the Berth at `berth`, whose workers run as `user`. */
  front(berth: string, user: string): Promise<Front>;
}

async function startLab(): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("front")).path;
  const upstream = stack.use(await fakeRegistry({ images: { "app:latest": app } }));
  const berth = stack.use(
    await startBerth({
      trusted_proxies: ["127.0.0.1"],
      cache: { accel_redirect: "/berth-blobs/" },
      registries: { docker: { url: upstream.url, library: false } },
    }),
  );
  const authority = await makeAuthority(dir);
  const tls = await makeServerCertificate(dir, authority);
  const front = (address: string, user: string) =>
    startFront({ berth: address, cacheDir: berth.cacheDir, user, tls });
  const nginx = stack.use(await front(new URL(berth.url).host, `www-data ${GROUP}`));
  const owned = stack.move();
  return {
    ...{ berth, upstream, authority, nginx, front },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const lab = forAll(startLab);

/** One request by curl, which trusts nginx's certificate. */
function ask(path: string, headers: Record<string, string> = {}, { url } = lab().nginx) {
  const flags = ["--cacert", lab().authority.certFile];
  return curl(url + path, { headers, flags });
}

/** Waits until Berth has what it is asked for here. */
async function held(digest: string): Promise<void> {
  const url = `${lab().berth.url}/v2/app/blobs/${digest}`;
  await (await fetch(url)).body?.cancel();
  await until("the blob is held", async () => {
    const { headers } = await curl(url, { flags: ["--head"] });
    return headers.get("cache-status") === "berth; hit";
  });
}

/** How many requests for `digest` Berth's log has, by how they ended. */
async function logged(digest: string): Promise<{ handedOver: number; sent: number }> {
  const lines = (await lab().berth.output()).split("\n")
    .filter((line) => line.includes("GET docker") && line.includes(digest));
  const handedOver = lines.filter((line) => line.includes("(handed over)")).length;
  return { handedOver, sent: lines.length - handedOver };
}

/** What `logged` of `digest` grew by while `work` ran. */
async function during(digest: string, work: () => Promise<unknown>) {
  const before = await logged(digest);
  await work();
  const after = await logged(digest);
  return {
    handedOver: after.handedOver - before.handedOver,
    sent: after.sent - before.sent,
  };
}

/** Where Berth keeps `digest`. */
function fileOf(digest: string): string {
  const hex = digest.slice("sha256:".length);
  return join(lab().berth.cacheDir, "blobs", "sha256", hex.slice(0, 2), hex);
}

Deno.test("nginx, skopeo pulls the image through it, of which nginx sends the large layers", async () => {
  await using scratch = await scratchDir("pulled");
  await Deno.mkdir(join(scratch.path, "trusted"));
  await Deno.copyFile(lab().authority.certFile, join(scratch.path, "trusted/ca.crt"));
  const pull = async (to: string) => {
    const flags = ["--src-cert-dir", join(scratch.path, "trusted")];
    await skopeoPull(`${lab().nginx.host}/app:latest`, join(scratch.path, to), flags);
    const digests = await layoutDigests(join(scratch.path, to));
    for (const { digest } of [...app.blobs, ...app.manifests]) assert.ok(digests.has(digest));
  };
  await pull("cold");
  for (const { digest } of app.blobs) await held(digest);
  const asked = lab().upstream.count("GET", /blobs/);
  for (const [layer, handedOver] of [[LAYER, 1], [OTHER, 1], [SMALL, 0]] as const) {
    const counts = await during(layer!.digest, () => pull(`warm-${layer!.digest.slice(7, 12)}`));
    assert.deepEqual(counts, { handedOver, sent: 1 - handedOver });
  }
  assert.equal(lab().upstream.count("GET", /blobs/), asked);
});

Deno.test("nginx, containerd and oras get what the digest says", async () => {
  const { nginx, authority } = lab();
  await held(LAYER!.digest);
  await using containerd = await startContainerd([
    { namespace: "docker.io", host: nginx.url, caFile: authority.certFile },
  ]);
  assert.equal(
    (await during(LAYER!.digest, () => containerd.fetchAll("docker.io/app:latest"))).handedOver,
    1,
  );
  const content = await containerd.content();
  for (const { digest } of app.blobs) assert.ok(content.has(digest), digest);
  const name = `${nginx.host}/app@${LAYER!.digest}`;
  const tls = ["--plain-http=false", "--ca-file", authority.certFile];
  const args = ["blob", "fetch", ...tls, "--output", "-", name];
  const { stdout, stderr, code } = await finish("oras", args);
  assert.equal(code, 0, stderr);
  assert.equal(sha256(stdout), LAYER!.digest);
});

const RANGES: [range: string, start: number, end: number][] = [
  ["bytes=0-50", 0, 51],
  ["bytes=2000000-2000099", 2_000_000, 2_000_100],
  ["bytes=0-", 0, SIZE],
  ["bytes=1000000-", 1_000_000, SIZE],
  ["bytes=10-99999999", 10, SIZE],
  ["bytes=-100", SIZE - 100, SIZE],
];

/** What an answer says of the blob, each once, whoever sends the body. */
function assertHeaders(headers: Headers): void {
  assert.equal(headers.get("content-type"), "application/octet-stream");
  assert.equal(headers.get("docker-content-digest"), LAYER!.digest);
  assert.equal(headers.get("docker-distribution-api-version"), "registry/2.0");
  assert.equal(headers.get("etag"), ETAG);
  assert.equal(headers.get("accept-ranges"), "bytes");
  assert.equal(headers.get("cache-status"), "berth; hit");
  assert.match(headers.get("oci-namespace")!, /./);
  assert.match(headers.get("x-request-id")!, /^[0-9a-f]{8}-\w+$/);
  assert.equal(headers.get("last-modified"), null);
  assert.equal(headers.get("x-accel-redirect"), null);
}

Deno.test("nginx, curl gets the blob and every range of it", async () => {
  await held(LAYER!.digest);
  const counts = await during(LAYER!.digest, async () => {
    const whole = await ask(PATH);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers.get("content-length"), String(SIZE));
    assert.equal(sha256(whole.body), LAYER!.digest);
    assertHeaders(whole.headers);
    for (const [range, start, end] of RANGES) {
      for (const more of [{}, { "if-range": ETAG }, { "if-none-match": '"other"' }]) {
        const { status, headers, body } = await ask(PATH, { range, ...more });
        assert.equal(status, 206, range);
        assert.equal(headers.get("content-range"), `bytes ${start}-${end - 1}/${SIZE}`);
        assert.equal(headers.get("content-length"), String(end - start));
        assert.deepEqual(body, LAYER!.bytes.slice(start, end));
        assertHeaders(headers);
      }
    }
  });
  assert.deepEqual(counts, { handedOver: 1 + 3 * RANGES.length, sent: 0 });
});

Deno.test("nginx, what Berth answers itself comes through unchanged", async () => {
  await held(LAYER!.digest);
  const table: [headers: Record<string, string>, status: number, length: number | undefined][] = [
    [{ "if-none-match": ETAG }, 304, 0],
    [{ range: "bytes=0-9", "if-range": '"other"' }, 200, SIZE],
    [{ range: "bytes=a-b" }, 200, SIZE],
    [{ range: `bytes=${SIZE}-` }, 416, undefined],
    [{ range: "bytes=5-9,100-199" }, 206, undefined],
    [{ "if-modified-since": "Thu, 01 Jan 2037 00:00:00 GMT" }, 200, SIZE],
    [{ "if-match": '"other"' }, 200, SIZE],
  ];
  const counts = await during(LAYER!.digest, async () => {
    for (const [headers, status, length] of table) {
      const answer = await ask(PATH, headers);
      assert.equal(answer.status, status, JSON.stringify(headers));
      if (length !== undefined) assert.equal(answer.body.length, length);
      if (length === SIZE) assert.equal(sha256(answer.body), LAYER!.digest);
      if (headers.range?.includes(",")) {
        assert.match(answer.headers.get("content-type")!, /^multipart\/byteranges; boundary=/);
      }
    }
  });
  assert.deepEqual(counts, { handedOver: 0, sent: table.length });
});

Deno.test("nginx, nobody gets a file by its path", async () => {
  await held(LAYER!.digest);
  const path = fileOf(LAYER!.digest).split("/blobs/")[1];
  const { status, body } = await ask(`/berth-blobs/${path}`);
  assert.equal(status, 404);
  assert.ok(body.length < 1000);
});

Deno.test("nginx, a client that calls itself sent back has the bytes from nginx all the same", async () => {
  await held(LAYER!.digest);
  const counts = await during(LAYER!.digest, async () => {
    const { body } = await ask(PATH, { "x-berth-accel": "no" });
    assert.equal(sha256(body), LAYER!.digest);
  });
  assert.deepEqual(counts, { handedOver: 1, sent: 0 });
});

Deno.test("nginx, what is evicted before the file is opened is fetched again", async () => {
  const { berth, front, upstream } = lab();
  const address = new URL(berth.url).host;
  let evicted = 0;
  /** Stands between the two, and has Berth evict what it has just handed over. */
  await using between = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname: target } = new URL(request.url);
      const { connection: _, ...headers } = Object.fromEntries(request.headers);
      const answer = await send(address, { host: headers.host!, target, headers });
      if (answer.headers.has("x-accel-redirect")) {
        const { code, stderr } = await berth.command("cache", "evict", LAYER!.digest);
        assert.equal(code, 0, stderr);
        evicted++;
      }
      return answer;
    },
  );
  await using nginx = await front(`127.0.0.1:${between.addr.port}`, `www-data ${GROUP}`);
  for (const range of ["", "bytes=100-199"]) {
    await held(LAYER!.digest);
    const asked = upstream.count("GET", /blobs/);
    const { status, body } = await ask(PATH, range ? { range } : {}, nginx);
    assert.equal(status, range ? 206 : 200);
    if (range) assert.deepEqual(body, LAYER!.bytes.slice(100, 200));
    else assert.equal(sha256(body), LAYER!.digest);
    assert.ok(upstream.count("GET", /blobs/) > asked);
  }
  assert.equal(evicted, 2);
});

Deno.test("nginx, where it may not read the files clients have them from Berth, which says so", async () => {
  const { berth, front } = lab();
  await held(LAYER!.digest);
  await using stranger = await front(new URL(berth.url).host, "www-data www-data");
  const counts = await during(LAYER!.digest, async () => {
    const { status, headers, body } = await ask(PATH, {}, stranger);
    assert.equal(status, 200);
    assert.equal(sha256(body), LAYER!.digest);
    assertHeaders(headers);
  });
  assert.deepEqual(counts, { handedOver: 1, sent: 1 });
  const path = fileOf(LAYER!.digest).split("/blobs/")[1]!;
  const warning = `WARN  ${LAYER!.digest}: the proxy in front could not open ${path}`;
  assert.ok((await berth.output()).includes(warning), await berth.output());
});

Deno.test("nginx, after a start a damaged file is found by Berth, not by clients", async () => {
  const { berth } = lab();
  await held(LAYER!.digest);
  await berth.stop();
  const path = fileOf(LAYER!.digest);
  {
    using file = await Deno.open(path, { write: true });
    await file.seek(-1, Deno.SeekMode.End);
    await file.write(new Uint8Array([LAYER!.bytes.at(-1)! ^ 0xff]));
  }
  await berth.restart();
  const first = await during(LAYER!.digest, async () => {
    assert.equal(sha256((await ask(PATH)).body), LAYER!.digest);
  });
  assert.deepEqual(first, { handedOver: 0, sent: 1 });
  await held(LAYER!.digest);
  const second = await during(LAYER!.digest, async () => {
    assert.equal(sha256((await ask(PATH)).body), LAYER!.digest);
  });
  assert.deepEqual(second, { handedOver: 1, sent: 0 });
  assert.equal(sha256(await Deno.readFile(path)), LAYER!.digest);
});
