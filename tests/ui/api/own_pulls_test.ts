import assert from "node:assert/strict";
import { Hono } from "hono";
import type { Usage } from "../../../cache/api.ts";
import type { AdminEnv } from "../../../ui/api/identity.ts";
import { ApiProblem } from "../../../ui/api/problem.ts";
import { pullRoutes } from "../../../ui/api/routes/own_pulls.ts";
import { until } from "../../cache/support.ts";
import { image } from "../../fake/content.ts";
import { type Ahead, ahead } from "../../proxy/ahead/ahead.ts";

const APP = image({ seed: 3, platforms: ["linux/amd64", "linux/arm64"], layers: [200_000] });
const IMAGES = { "org/app:1": APP };

/** Asks the routes about the pulls of `it`, as somebody who may do everything. */
function routesOf({ pulls }: Pick<Ahead, "pulls">) {
  const app = new Hono<AdminEnv>()
    .use((c, next) => {
      c.set("identity", { kind: "token", name: "ci", rights: ["cache"] });
      c.set("note", { changes: [] } as unknown as AdminEnv["Variables"]["note"]);
      return next();
    })
    .route("/", pullRoutes(pulls));
  app.onError((error) => {
    if (!(error instanceof ApiProblem)) throw error;
    return Response.json(error.details, { status: error.status });
  });
  return async (path: string, method = "GET", body?: unknown) => {
    const response = await app.request(path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, json: await response.json().catch(() => undefined) };
  };
}

Deno.test("pulls, progress by part and platform, and an end that is told for good", async () => {
  await using it = await ahead({ images: IMAGES });
  const ask = routesOf(it);
  const begun = await ask("/pulls", "POST", {
    images: ["hub/org/app:1"],
    platforms: ["linux/arm64"],
  });
  assert.equal(begun.status, 200, JSON.stringify(begun.json));
  const { id } = begun.json;
  await it.pulls.over(id);
  const { json } = await ask(`/pulls/${id}`);
  assert.deepEqual([json.state, json.by], ["done", "token ci"]);
  const [{ parts, platforms, came, left }] = json.images;
  assert.deepEqual(platforms, ["linux/arm64"]);
  assert.deepEqual(parts.map(({ kind }: { kind: string }) => kind).toSorted(), [
    ...["config", "index", "layer", "manifest"],
  ]);
  const layer = parts.find(({ kind }: { kind: string }) => kind === "layer");
  assert.deepEqual([layer.platform, layer.state, layer.received], ["linux/arm64", "came", 200_000]);
  assert.deepEqual([came.parts, left.parts], [4, 0]);
  const listed = await ask("/pulls/running");
  assert.equal(listed.json.items[0].id, id);
  assert.equal((await ask(`/pulls/${id}`, "DELETE")).status, 404, "it is over");
  assert.equal((await ask("/pulls/nobody")).status, 404);
});

Deno.test("pulls, one that runs is called off, and says so", async () => {
  const gate = Promise.withResolvers<void>();
  await using it = await ahead({ images: IMAGES });
  it.upstream.fault({ path: /blobs/, times: 9, action: { kind: "stall", until: gate.promise } });
  const ask = routesOf(it);
  const { json: { id } } = await ask("/pulls", "POST", { images: ["hub/org/app:1"] });
  await until(() => it.upstream.count("GET", /blobs/) > 0);
  assert.equal((await ask(`/pulls/${id}`)).json.state, "running");
  assert.equal((await ask(`/pulls/${id}`, "DELETE")).status, 204);
  await it.pulls.over(id);
  gate.resolve();
  const { json } = await ask(`/pulls/${id}`);
  assert.deepEqual([json.state, json.images[0].state], ["cancelled", "cancelled"]);
});

Deno.test("pulls, what fails and what waits says why, and until when", async () => {
  const usage = (usage: Usage) => ({ ...usage, maxSize: 100_000, bytes: 0, pinnedBytes: 0 });
  await using it = await ahead({ images: IMAGES }, { usage });
  const ask = routesOf(it);
  const pull = async (words: string) => {
    const { json } = await ask("/pulls", "POST", { images: [words] });
    await it.pulls.over(json.id);
    return (await ask(`/pulls/${json.id}`)).json.images[0];
  };
  assert.match((await pull("hub/org/app:9")).error, /hub does not have org\/app:9/);
  assert.match((await pull("hub/org/app:1")).error, /are to come .*KiB are missing/);
  const nowhere = await ask("/pulls", "POST", { images: ["nowhere.example/app"] });
  assert.equal(nowhere.status, 422);
  assert.match(nowhere.json.detail, /expected an image/);
  const limit = new Headers({ "retry-after": "600" });
  it.quota.observe("hub", limit, 429, it.clock.now());
  const { json: { id } } = await ask("/pulls", "POST", { images: ["hub/org/app:7"] });
  await until(() => it.pulls.get(id)!.images[0]!.state === "held");
  const [held] = (await ask(`/pulls/${id}`)).json.images;
  assert.deepEqual(
    [held.state, held.error, held.until],
    ["held", "the registry's quota is used up", it.clock.now() + 600e3],
  );
});
