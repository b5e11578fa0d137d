import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { buildImage } from "./harness/image.ts";
import { type Lab, startLab, UPSTREAMS } from "./harness/lab.ts";
import { podmanStore } from "./harness/podman.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

/** Each client pulls into a store that is made anew, so nothing local can answer for Berth. */
const CLIENTS: Record<string, (lab: Lab) => Promise<void>> = {
  async docker({ berth, image }) {
    await using docker = await startDocker(berth.url);
    await docker.docker("pull", "--quiet", `app:${image.tag}`);
    await docker.holds(`app:${image.tag}`, image.platforms.amd64);
  },
  async containerd({ berth, image }) {
    await using containerd = await startContainerd([{ namespace: "ghcr.io", host: berth.url }]);
    await containerd.pull(`ghcr.io/team/app:${image.tag}`);
    const content = await containerd.content();
    const { manifest, config, layers } = image.platforms.amd64;
    for (const digest of [image.digest, manifest, config, ...layers]) {
      assert.ok(content.has(digest), digest);
    }
  },
  async podman({ berth, image }) {
    const mirror = { prefix: "quay.io", mirror: `${berth.host}/quay.io` };
    await using store = await podmanStore([mirror]);
    await store.podman("pull", "--quiet", `quay.io/team/app:${image.tag}`);
    await store.holds(`quay.io/team/app:${image.tag}`, image.platforms.amd64);
  },
  async skopeo({ berth, image }) {
    await using scratch = await scratchDir("pulled");
    await skopeoPull(`${berth.host}/registry.gitlab.com/team/app:${image.tag}`, scratch.path);
    assert.deepEqual(await layoutDigests(scratch.path), image.digests);
  },
};

Deno.test("outage, what was pulled once is pulled again by every client from Berth alone", async (t) => {
  await using lab = await startLab();
  for (const [name, pull] of Object.entries(CLIENTS)) {
    await t.step(`${name}, while upstream is there`, () => pull(lab));
  }
  for (const { name } of UPSTREAMS) await lab.registry(name).stop();
  for (const [name, pull] of Object.entries(CLIENTS)) {
    await t.step(`${name}, after upstream has gone`, () => pull(lab));
  }
});

/** What `/metrics` says of a registry: `ok 1`, `connect 0`. */
async function standing(metricsUrl: string, registry: string): Promise<string> {
  const text = await (await fetch(metricsUrl)).text();
  const sample = new RegExp(`berth_registry_up\\{registry="${registry}",reason="(.*)"\\} (.)`);
  return sample.exec(text)?.slice(1).join(" ") ?? "";
}

/** A receiver of webhooks that checks each signature; what came is in `received`. */
function startReceiver(secret: string) {
  const received: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (it) => {
    const body = await it.text();
    const expected = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const signed = it.headers.get("x-berth-signature") === expected;
    const { id, state, title } = JSON.parse(body);
    received.push(`${signed ? "signed" : "not signed"} ${state} ${id}: ${title}`);
    return new Response(null, { status: 204 });
  });
  return { server, received, url: `http://127.0.0.1:${server.addr.port}/` };
}

Deno.test("outage, a registry that is killed is told of, and told of again when it is back", async (t) => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await scratchDir("outage"));
  const image = await buildImage(`${path}/image`);
  const [port, adminPort] = [freePort(), freePort()];
  const registry = await startRegistry({ port });
  await seed(registry, "library/app", image);
  const admin = { listen: `127.0.0.1:${adminPort}`, auth: "none" };
  const registries = { docker: registrySettings(registry) };
  const { server, received, url } = startReceiver("key of the hook");
  stack.use(server);
  const webhooks = [{ name: "ops", url, events: ["registry-failing"], secret: "key of the hook" }];
  const berth = stack.use(await startBerth({ admin, registries, webhooks }));
  const up = () => standing(`http://127.0.0.1:${adminPort}/metrics`, "docker");
  const missing = () => fetch(`${berth.url}/v2/library/other/manifests/latest`);
  const pull = (to: string) =>
    skopeoPull(`${berth.host}/library/app:${image.tag}`, `${path}/${to}`);
  await pull("before");

  await t.step(
    "it is watched from the start",
    () => until("up", async () => await up() === "ok 1"),
  );
  await registry.stop();
  await t.step("after a pull has failed", async () => {
    const { status } = await missing();
    assert.equal(status, 502);
    await until("down", async () => await up() === "connect 0");
    assert.match(await berth.output(), / WARN {2}docker cannot be reached: the connection was ref/);
  });
  await t.step("the webhook is told", async () => {
    await until("told", () => Promise.resolve(received.length > 0));
    assert.deepEqual(received, [
      "signed opened registry-failing:docker: docker cannot be reached",
    ]);
  });
  await t.step("misses fail at once, hits go on", async () => {
    await missing();
    const began = performance.now();
    const response = await missing();
    const ms = performance.now() - began;
    assert.equal(response.status, 502);
    assert.ok(Number(response.headers.get("retry-after")) >= 1);
    assert.match(await response.text(), /docker.*refused/);
    assert.ok(ms < 500, `${ms} ms`);
    await pull("meanwhile");
  });
  stack.use(await startRegistry({ port }));
  await t.step("it is back", async () => {
    await until("up", async () => await up() === "ok 1", 35_000);
    assert.equal((await missing()).status, 404);
    const lines = (await berth.output()).split("\n").filter((line) =>
      /docker (is|cannot)/.test(line)
    );
    assert.equal(lines.length, 2, lines.join("\n"));
    assert.match(lines[1]!, / INFO {2}docker is back, after \d/);
  });
  await t.step("the webhook is told of that, too", async () => {
    await until("told", () => Promise.resolve(received.length > 1));
    assert.deepEqual(received.slice(1), [
      "signed over registry-failing:docker: docker cannot be reached",
    ]);
    assert.doesNotMatch(await berth.output(), /key of the hook/);
  });
});
