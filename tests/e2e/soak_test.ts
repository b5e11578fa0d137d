/**
 * A thousand pulls through a Berth that is killed ten times, from a registry that cuts, stalls, lies
 * and refuses, by clients that go away. `SOAK_SEED` repeats the choices of a run that failed.
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { type FakeImage, image } from "../fake/content.ts";
import { fakeRegistry } from "../fake/registry.ts";
import { startBerth } from "./harness/berth.ts";
import { sha256 } from "./harness/image.ts";
import { Dice } from "./soak/dice.ts";
import { randomFaults } from "./soak/faults.ts";
import { type Outcome, pull } from "./soak/pull.ts";

const PULLS = 1000;
const KILLS = 10;
const CLIENTS = 8;
const IMAGES = 60;
const LAYER_SIZES = [900, 40_000, 300_000, 2_000_000];
const FAULTY_REQUESTS = 4000;
const FAULT_RATE = 0.2;

const SETTINGS = {
  default_registry: "docker",
  // Less than all images together, so that eviction has its part in it.
  cache: { max_size: "60MiB", min_free: "0" },
  upstream: { connect_timeout: "1s", response_timeout: "1s", idle_timeout: "1s", retries: 3 },
};

/** The files of a blob store whose content does not hash to their name. */
async function damaged(dir: string): Promise<string[]> {
  const wrong: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    const path = join(dir, name);
    if (isDirectory) wrong.push(...await damaged(path));
    else if (sha256(await Deno.readFile(path)) !== `sha256:${basename(path)}`) wrong.push(path);
  }
  return wrong;
}

Deno.test("soak, no wrong byte through faults, kills, eviction and clients that leave", async () => {
  const dice = new Dice(Number(Deno.env.get("SOAK_SEED") ?? Math.floor(Math.random() * 1e9)));
  const images = new Map<string, FakeImage>();
  for (let i = 0; i < IMAGES; i++) {
    const layers = Array.from({ length: 3 }, () => dice.pick(LAYER_SIZES));
    images.set(`soak/app-${i}`, image({ seed: i + 1, layers }));
  }
  const names = [...images.keys()];
  await using upstream = await fakeRegistry({
    images: Object.fromEntries(names.map((name) => [`${name}:latest`, images.get(name)!])),
    redirect: { to: "cdn", once: true },
    faults: randomFaults(dice, FAULTY_REQUESTS, FAULT_RATE),
  });
  const docker = { url: upstream.url, library: false, manifests: { ttl: "1s" } };
  await using berth = await startBerth({ ...SETTINGS, registries: { docker } });

  const outcomes: Record<Outcome, number> = { clean: 0, failed: 0, aborted: 0 };
  const kills = new Set<number>();
  while (kills.size < KILLS) kills.add(dice.between(1, PULLS - 1));
  let begun = 0;
  let up = Promise.resolve();
  const client = async () => {
    while (begun < PULLS) {
      if (kills.has(++begun)) up = up.then(() => berth.restart("SIGKILL"));
      await up;
      const name = dice.pick(names);
      outcomes[await pull({ url: `${berth.url}/v2/${name}`, image: images.get(name)!, dice })]++;
    }
  };
  try {
    await Promise.all(Array.from({ length: CLIENTS }, client));

    upstream.clearFaults();
    for (const name of names) {
      const last = await pull({ url: `${berth.url}/v2/${name}`, image: images.get(name)! });
      assert.equal(last, "clean", `${name}, with the faults over`);
    }
    assert.equal(await berth.stop(), 0, "exit code after SIGTERM");
    assert.deepEqual(await damaged(join(berth.cacheDir, "blobs")), []);
    const verified = await berth.command("cache", "verify");
    assert.equal(verified.code, 0, verified.stderr);
    assert.ok(outcomes.clean > PULLS / 4, JSON.stringify(outcomes));
  } catch (error) {
    const log = (await berth.output()).split("\n").slice(-40).join("\n");
    throw new Error(`SOAK_SEED=${dice.seed} ${JSON.stringify(outcomes)}\n${log}`, { cause: error });
  }
});
