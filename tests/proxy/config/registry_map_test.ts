import assert from "node:assert/strict";
import { watchConfig } from "../../../proxy/config/live.ts";
import { describeProvenance } from "../../../proxy/config/provenance.ts";
import { FakeClock } from "../../fake/clock.ts";
import { load, loaded, machine, problems } from "./fixture.ts";

const URL_ = "https://maps.example/registrymap.json";
const args = ["-registry-map", URL_];
const map = {
  K8SGCR: "https://k8s.gcr.io",
  docker: "https://mirror.example",
  default: "https://quay.io",
};
const COPY = "/srv/data/registry-map.json";

const answering = (body: string, status = 200) => ({
  [URL_]: () => new Response(body, { status }),
});

Deno.test("registry_map, a file's names join the map and set the default", async () => {
  const files = { "/srv/map.json": JSON.stringify(map) };
  const { config, sources, files: read } = loaded(
    await load({ args: ["-registry-map=map.json"], files }),
  );
  assert.equal(config.registries.k8sgcr!.url, "https://k8s.gcr.io");
  assert.equal(config.registries.docker!.url, "https://mirror.example");
  assert.equal(config.registries.docker!.library, true);
  assert.equal(config.default_registry, "quay");
  assert.equal(describeProvenance(sources.get("registries.docker.url")!), "registry map map.json");
  assert.ok(read.includes("/srv/map.json"));
});

Deno.test("registry_map, what the file or a flag says wins", async () => {
  const files = {
    "/srv/map.json": JSON.stringify(map),
    "/srv/config.yaml": `
registry_map: map.json
registries: { docker: { url: "https://file.example" } }
`,
  };
  const { config } = loaded(await load({ args: ["-default-registry=ghcr"], files }));
  assert.equal(config.registries.docker!.url, "https://file.example");
  assert.equal(config.default_registry, "ghcr");
});

Deno.test("registry_map, a file that cannot be used is an error", async () => {
  const at = "flag -registry-map: registry_map: map.json:";
  const table: [string | undefined, RegExp | string][] = [
    [undefined, `${at} cannot be read: there is no such file`],
    ["{", `${at} expected JSON`],
    ["[]", `${at} expected a JSON object such as {"quay": "https://quay.io"}`],
    ['{"a": "quay.io"}', `${at} "a": expected a URL such as https://registry.example.com`],
    ['{"a b": "https://a"}', /"a b": expected a registry name of lower-case letters/],
    ['{"__proto__": "https://a"}', /"__proto__": expected a registry name/],
  ];
  for (const [text, expected] of table) {
    const files = text === undefined ? {} : { "/srv/map.json": text };
    const [problem] = problems(await load({ args: ["-registry-map=map.json"], files }));
    if (typeof expected === "string") assert.equal(problem, expected);
    else assert.match(problem!, expected);
  }
});

Deno.test("registry_map, a URL that fails or lies is a warning, and the last good copy serves", async () => {
  const bad: [string, Parameters<typeof load>[0]["answers"]][] = [
    ["connection refused", {}],
    ["it answers 503", answering("down", 503)],
    ["expected JSON", answering("<html>")],
    ["expected a URL", answering('{"x": "javascript:1"}')],
    ["larger than", answering(" ".repeat(2 << 20))],
  ];
  for (const [why, answers] of bad) {
    const without = loaded(await load({ args, answers: answers! }));
    assert.match(without.warnings.join(), new RegExp(`${why}.*there is no copy of it yet`));
    const files = { [COPY]: JSON.stringify({ url: URL_, text: JSON.stringify(map) }) };
    const { config, warnings } = loaded(await load({ args, answers: answers!, files }));
    assert.match(warnings.join(), new RegExp(`${why}.*the last good copy of it stands in`));
    assert.equal(config.registries.docker!.url, "https://mirror.example");
  }
});

Deno.test("registry_map, another URL's copy and a damaged one are not used", async () => {
  for (const copy of ["{", JSON.stringify({ url: "https://other", text: JSON.stringify(map) })]) {
    const { warnings } = loaded(await load({ args, files: { [COPY]: copy } }));
    assert.match(warnings.join(), /no copy of it yet/);
  }
});

Deno.test("registry_map, credentials in its URL are not shown", async () => {
  const { warnings } = loaded(await load({ args: ["-registry-map=https://me:pw1@m.example/x"] }));
  assert.match(warnings.join(), /https:\/\/\*{8}@m\.example\/x/);
  assert.doesNotMatch(warnings.join(), /pw1/);
});

Deno.test("watchConfig, keeps a good map, retries a bad URL and follows what it says", async () => {
  const files: Record<string, string> = {};
  const answers: Record<string, () => Response> = {};
  const clock = new FakeClock();
  const system = machine({ files, answers });
  const options = { clock, poll: 1e9, mapRefresh: 600_000 };
  const live = await watchConfig({ args, cwd: "/nowhere", system }, options);
  try {
    assert.ok(!("own" in live.current.registries));
    answers[URL_] = () => Response.json({ own: "https://one.example" });
    const first = Promise.withResolvers<void>();
    const stop = live.subscribe(() => first.resolve());
    await clock.advance(30_000);
    await first.promise;
    stop();
    assert.equal(live.current.registries.own!.url, "https://one.example");
    assert.equal(live.lastReload?.reason, "registry map changed");
    assert.match(files["/nowhere/data/registry-map.json"]!, /one\.example/);
  } finally {
    await live.close();
  }
  assert.equal(clock.pending, 0);
});
