import assert from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { S3Depot } from "../../cache/depot/s3.ts";
import type { S3Options } from "../../cache/depot_options.ts";
import { depotPlace } from "../../cli/depot_place.ts";
import { configSchema } from "../../proxy/config/schema.ts";
import { testDepot } from "../cache/depot/depot_suite.ts";
import { type Berth, registrySettings, startBerth } from "./harness/berth.ts";
import { depotIn } from "./harness/cluster.ts";
import { type S3Store, startS3 } from "./harness/go_tools.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { type RealRegistry, startRegistry } from "./harness/registry.ts";
import { startRelay } from "./harness/relay.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

const MIB = 2 ** 20;

testDepot("S3Depot on versitygw", async (test) => {
  await using store = await startS3();
  const { cache } = configSchema.parse({ cache: { depot: depotIn(store) } });
  await using way = depotPlace(cache.depot, {});
  const options = { ...way.place as S3Options, single: 6 * MIB, part: 5 * MIB };
  await test(new S3Depot(options, systemClock));
}, 12 * MIB);

/** What a registry was asked, and whether it still gives content. */
interface Word extends AsyncDisposable {
  readonly url: string;
  /** Only answers HEAD from now on. */
  keepToHead(): void;
  /** `GET /v2/…`: what it was asked for since then and did not give. */
  readonly refused: string[];
  /** Every GET of a blob, with its Range. */
  readonly gets: string[];
}

/** Stands before `registry`. */
function before(registry: RealRegistry): Word {
  const refused: string[] = [];
  const gets: string[] = [];
  let headOnly = false;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    const content = request.method === "GET" && /\/(blobs|manifests)\//.test(pathname);
    if (content && headOnly) {
      refused.push(`GET ${pathname}`);
      return new Response(null, { status: 503 });
    }
    if (content && pathname.includes("/blobs/")) {
      gets.push(`${pathname.split("/").at(-1)} ${request.headers.get("range") ?? "whole"}`);
    }
    return fetch(`${registry.url}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      redirect: "manual",
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    keepToHead: () => headOnly = true,
    refused,
    gets,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

interface Harbor extends AsyncDisposable {
  image: Image;
  store: S3Store;
  word: Word;
  /** Starts Berth on an empty disk. */
  berth(port?: number): Promise<Berth>;
  /** A path of the test's own. */
  at(name: string): string;
  /** Pulls the whole image, and checks what came. */
  pull(berth: Berth, name: string): Promise<void>;
  /** Resolves when the bucket has all of the image. */
  full(): Promise<void>;
}

async function harbor(layer: number): Promise<Harbor> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDir("depot"));
  const at = (name: string) => join(scratch.path, name);
  const image = await buildImage(at("image"), layer);
  const upstream = stack.use(await startRegistry());
  await seed(upstream, "library/app", image);
  const word = stack.use(before(upstream));
  const store = stack.use(await startS3());
  const owned = stack.move();
  return {
    ...{ image, store, word, at },
    berth: (port) =>
      startBerth({
        registries: { docker: { ...registrySettings(upstream), url: word.url } },
        cache: { depot: depotIn(store, port) },
      }),
    async pull(berth, name) {
      await skopeoPull(`${berth.host}/app:${image.tag}`, at(name));
      assert.deepEqual(await layoutDigests(at(name)), image.digests);
    },
    full: () => until("the bucket", async () => await count(store) === image.digests.size),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function count(store: S3Store): Promise<number> {
  return (await store.keysOf()).filter((key) => key.includes("/v1/blobs/")).length;
}

Deno.test("depot, a Berth without its disk pulls from the bucket what was pulled before", async () => {
  await using t = await harbor(20_000_000);
  {
    await using berth = await t.berth();
    await t.pull(berth, "first");
    await t.full();
  }
  t.word.keepToHead();
  await using berth = await t.berth();
  await t.pull(berth, "second");
  assert.deepEqual(t.word.refused, []);

  await berth.stop();
  await Deno.remove(berth.cacheDir, { recursive: true });
  await berth.restart();
  await t.pull(berth, "third");
  assert.deepEqual(t.word.refused, []);
});

Deno.test("depot, a store that is killed in the middle of a put gets the rest once it is back", async () => {
  await using t = await harbor(40_000_000);
  await using relay = startRelay(t.store.port);
  await using berth = await t.berth(relay.port);
  const held = relay.holdAfter(10_000_000, "up");
  await t.pull(berth, "first");
  await held;
  await t.store.kill();
  relay.release();
  await t.pull(berth, "second");
  await until("the failure", async () => /storing in the depot/.test(await berth.output()));
  await berth.restart();
  assert.ok(await count(t.store) < t.image.digests.size, "not all of it was put there");
  await t.store.start();
  await t.full();
});

Deno.test("depot, of what breaks off in the middle upstream gives the rest", async () => {
  await using t = await harbor(40_000_000);
  {
    await using berth = await t.berth();
    await t.pull(berth, "first");
    await t.full();
  }
  t.word.gets.length = 0;
  await using relay = startRelay(t.store.port);
  await using berth = await t.berth(relay.port);
  const held = relay.holdAfter(10_000_000, "down");
  const pulled = t.pull(berth, "second");
  await held;
  await t.store.kill();
  relay.release();
  await pulled;
  const rest = t.word.gets.map((line) => /bytes=(\d+)-/.exec(line)?.[1]).filter(Boolean);
  assert.ok(rest.some((from) => Number(from) > 5_000_000), t.word.gets.join("\n"));
});

Deno.test("depot, what is wrong is said at the start, by the key to change", async () => {
  await using store = await startS3();
  const table: [Record<string, unknown>, RegExp][] = [
    [{ access_key_id: "AKOTHER" }, /berth: cache\.depot\.access_key_id: the store does not know/],
    [{ secret_access_key: "x" }, /berth: cache\.depot\.secret_access_key: it does not belong to/],
    [{ url: "s3://absent" }, /berth: cache\.depot\.url: there is no such bucket/],
  ];
  for (const [settings, words] of table) {
    const refused = startBerth({ cache: { depot: { ...depotIn(store), ...settings } } });
    await assert.rejects(refused, words);
  }
  await using berth = await startBerth({ cache: { depot: depotIn(store, freePort()) } });
  const { depot } = await (await fetch(`${berth.url}/readyz`)).json();
  assert.equal(depot, "cache.depot.endpoint: the connection was refused");
});
