import assert from "node:assert/strict";
import { configSchema } from "../../../proxy/config/schema.ts";
import { OciError } from "../../../proxy/oci/errors.ts";
import {
  clientName,
  registryMap,
  route,
  type RoutingRequest,
  siblingName,
} from "../../../proxy/names/target.ts";

function config(extra: Record<string, unknown> = {}) {
  return configSchema.parse({
    domain_suffix: "mirror.test",
    default_registry: "docker",
    registries: {
      docker: {
        url: "https://registry-1.docker.io",
        aliases: ["docker.io", "index.docker.io"],
        library: true,
      },
      quay: { url: "https://quay.io" },
      local: { url: "http://localhost:5000" },
      vanity: {
        url: "https://gcr.io",
        repo_prefix: "acme/prod",
        hosts: ["r.example.com", "alt.example.com:8443"],
      },
    },
    ...extra,
  });
}

const map = registryMap(config());
const ask = (part: Partial<RoutingRequest>): RoutingRequest => ({
  host: "berth:8080",
  ns: [],
  prefix: "",
  ...part,
});

Deno.test("route, the first way that says something decides", () => {
  const table: [string, Partial<RoutingRequest>, string, string][] = [
    [
      "registry that was called",
      { registry: "docker", host: "docker.io", name: "alpine" },
      "docker",
      "library/alpine",
    ],
    [
      "registry that was called beats ns",
      { registry: "quay", ns: ["docker.io", "x"], name: "docker.io/a" },
      "quay",
      "docker.io/a",
    ],
    [
      "registry that was called, prefix",
      { registry: "vanity", name: "acme/prod/app" },
      "vanity",
      "acme/prod/app",
    ],
    ["ns by host", { ns: ["quay.io"], name: "org/app" }, "quay", "org/app"],
    ["ns by alias", { ns: ["docker.io"], name: "library/alpine" }, "docker", "library/alpine"],
    ["ns by name", { ns: ["quay"], name: "a/b" }, "quay", "a/b"],
    ["ns with a port", { ns: ["localhost:5000"], name: "a/b" }, "local", "a/b"],
    ["ns by vanity host", { ns: ["r.example.com"], name: "app" }, "vanity", "acme/prod/app"],
    ["ns beats host", { ns: ["quay.io"], host: "r.example.com", name: "a" }, "quay", "a"],
    ["ns twice the same", { ns: ["quay.io", "QUAY.io"], name: "a" }, "quay", "a"],
    ["ns is ourselves", { ns: ["berth:8080"], name: "quay.io/a/b" }, "quay", "a/b"],
    ["ns keeps dotted projects", { ns: ["quay.io"], name: "my.org/app" }, "quay", "my.org/app"],
    ["host by suffix", { host: "quay.mirror.test", name: "a/b" }, "quay", "a/b"],
    ["host by suffix, port", { host: "Quay.Mirror.Test:8080", name: "a/b" }, "quay", "a/b"],
    ["vanity host", { host: "r.example.com", name: "app" }, "vanity", "acme/prod/app"],
    [
      "vanity host, other port",
      { host: "r.example.com:443", name: "app" },
      "vanity",
      "acme/prod/app",
    ],
    [
      "vanity host with port",
      { host: "alt.example.com:8443", name: "app" },
      "vanity",
      "acme/prod/app",
    ],
    ["vanity one segment", { host: "r.example.com", name: "a/b" }, "vanity", "acme/prod/a/b"],
    ["host beats prefix", { host: "quay.mirror.test", prefix: "docker", name: "a" }, "quay", "a"],
    ["path before v2, name", { prefix: "quay", name: "a/b" }, "quay", "a/b"],
    ["path before v2, host", { prefix: "quay.io", name: "a/b" }, "quay", "a/b"],
    [
      "path before v2, library",
      { prefix: "docker.io", name: "alpine" },
      "docker",
      "library/alpine",
    ],
    ["path after v2", { name: "quay.io/org/app" }, "quay", "org/app"],
    ["path after v2, port", { name: "localhost:5000/app" }, "local", "app"],
    ["path after v2, library", { name: "docker.io/alpine" }, "docker", "library/alpine"],
    ["short names are users", { name: "quay/app" }, "docker", "quay/app"],
    ["default", { name: "org/app" }, "docker", "org/app"],
    ["default, library", { name: "alpine" }, "docker", "library/alpine"],
    ["default, bare suffix", { host: "mirror.test", name: "alpine" }, "docker", "library/alpine"],
    ["nothing named", {}, "docker", ""],
  ];
  for (const [title, part, registry, repository] of table) {
    const target = route(map, ask(part));
    assert.deepEqual([target.registry.name, target.repository], [registry, repository], title);
  }
});

Deno.test("route, short names where path_names is on", () => {
  const named = registryMap(config({ path_names: true }));
  assert.equal(route(named, ask({ name: "quay/org/app" })).registry.name, "quay");
  assert.equal(route(named, ask({ name: "other/app" })).registry.name, "docker");
});

Deno.test("route, a short name of the operator's own registry is never the default one's", () => {
  const registries = {
    docker: { url: "https://registry-1.docker.io", aliases: ["docker.io"], library: true },
    quay: { url: "https://quay.corp.test", auth: { username: "u", password: "p" } },
    company: { url: "https://registry.corp.test", aliases: ["corp"] },
    plain: { url: "http://plain:5000" },
    vanity: { url: "https://gcr.io", repo_prefix: "acme", hosts: ["r.example.com"] },
  };
  const routed = (name: string, extra: Record<string, unknown> = {}) => {
    const { registry, repository } = route(
      registryMap(config({ registries, ...extra })),
      ask({ name }),
    );
    return `${registry.name} ${repository}`;
  };
  const refused: [string, RegExp][] = [
    [
      "company/team/api",
      /"company" is .*\(path_names\): ask for registry\.corp\.test\/team\/api or \/company\/v2\/team\/api\/… or \?ns=company;/,
    ],
    ["Company/app", /ask for registry\.corp\.test\/app or /],
    ["corp/app", /"corp" is .* registry\.corp\.test\/app or \/company\/v2\//],
    ["plain/app", /ask for plain:5000\/app or /],
    ["vanity/app", /ask for r\.example\.com\/app or \/vanity\/v2\//],
  ];
  for (const [name, message] of refused) {
    assert.throws(() => routed(name), { code: "NAME_UNKNOWN", status: 404, message }, name);
  }
  const table: [string, Record<string, unknown>, string][] = [
    ["company/team/api", { path_names: true }, "company team/api"],
    ["corp/app", { path_names: true }, "company app"],
    ["company/team/api", { default_registry: "company" }, "company company/team/api"],
    ["corp/app", { default_registry: "company" }, "company corp/app"],
    // Users of Docker Hub have these names, whatever the operator says of the registries.
    ["quay/app", {}, "docker quay/app"],
    ["docker/compose", {}, "docker docker/compose"],
    ["company", {}, "docker library/company"],
    ["team/company/api", {}, "docker team/company/api"],
    ["registry.corp.test/team/api", {}, "company team/api"],
  ];
  for (const [name, extra, expected] of table) assert.equal(routed(name, extra), expected, name);
  const map = registryMap(config({ registries }));
  const mirror = route(map, ask({ name: "company/app", ns: ["docker.io"] }));
  assert.equal(mirror.registry.name, "docker", "an ns leaves no doubt");
});

Deno.test("route, in front of a name a registry's host stands without its port", () => {
  const registries = {
    docker: { url: "https://registry-1.docker.io", aliases: ["docker.io"], library: true },
    own: { url: "https://registry.corp.test:5000" },
    short: { url: "http://registry:5000" },
    one: { url: "https://nexus.corp.test:8082" },
    two: { url: "https://nexus.corp.test:8083" },
    web: { url: "https://git.corp.test" },
    git: { url: "https://git.corp.test:5050" },
    vanity: { url: "https://part.corp.test:5000", repo_prefix: "acme" },
  };
  const map = registryMap(config({ registries }));
  const table: [string, string][] = [
    ["registry.corp.test/team/api", "own team/api"],
    ["Registry.corp.test/team/api", "own team/api"],
    ["registry.corp.test:5000/team/api", "own team/api"],
    ["git.corp.test/team/api", "web team/api"],
    ["registry/api", "docker registry/api"],
  ];
  for (const [name, expected] of table) {
    const { registry, repository } = route(map, ask({ name }));
    assert.equal(`${registry.name} ${repository}`, expected, name);
  }
  // Two are meant, part of one, and another registry by its whole address.
  const unknown: Partial<RoutingRequest>[] = [
    { name: "nexus.corp.test/api" },
    { name: "part.corp.test/api" },
    { name: "team/api", ns: ["registry.corp.test"] },
    { name: "team/api", prefix: "registry.corp.test" },
  ];
  for (const part of unknown) {
    assert.throws(() => route(map, ask(part)), { code: "NAME_UNKNOWN" }, JSON.stringify(part));
  }
  assert.throws(() => route(map, ask({ name: "own/api" })), /ask for registry\.corp\.test\/api or/);
});

Deno.test("route, what nobody knows is a 404 that lists the known, or a 400, never a call", () => {
  const table: [string, Partial<RoutingRequest>, string][] = [
    ["ns unknown", { ns: ["evil.test"], name: "a" }, "NAME_UNKNOWN"],
    ["ns address", { ns: ["169.254.169.254"], name: "a" }, "NAME_UNKNOWN"],
    ["ns contradicts itself", { ns: ["quay.io", "docker.io"], name: "a" }, "NAME_INVALID"],
    ["host under suffix", { host: "nope.mirror.test", name: "a" }, "NAME_UNKNOWN"],
    ["path before v2", { prefix: "nope", name: "a" }, "NAME_UNKNOWN"],
    ["path after v2", { name: "evil.test/a" }, "NAME_UNKNOWN"],
    ["path after v2, port", { name: "localhost:1/a" }, "NAME_UNKNOWN"],
    ["traversal in prefix", { host: "r.example.com", name: "../other" }, "NAME_INVALID"],
  ];
  for (const [title, part, code] of table) {
    assert.throws(
      () => route(map, ask(part)),
      (error) => error instanceof OciError && error.code === code,
      title,
    );
  }
  assert.throws(() => route(map, ask({ ns: ["evil.test"] })), /known are docker, local, quay/);
});

Deno.test("siblingName, the other way round; nothing of another registry", () => {
  const table: [Partial<RoutingRequest>, string, string | undefined][] = [
    [{ name: "quay.io/org/app" }, "quay.io/org/base", "org/base"],
    [{ name: "quay.io/org/app" }, "library/alpine", undefined],
    [{ name: "app" }, "alpine", "library/alpine"],
    [{ host: "r.example.com", name: "app" }, "base", "acme/prod/base"],
    [{ host: "r.example.com", name: "app" }, "acme/secret", "acme/prod/acme/secret"],
    [{ ns: ["quay.io"], name: "a/b" }, "c/d", "c/d"],
  ];
  for (const [part, name, expected] of table) {
    assert.equal(siblingName(route(map, ask(part)), name), expected, name);
  }
  const vanity = route(map, ask({ host: "r.example.com", name: "app" }));
  assert.throws(() => siblingName(vanity, "../secret"), { code: "NAME_INVALID" });
});

Deno.test("clientName, the spelling that the client used; nothing outside the prefix", () => {
  const spelled = route(map, ask({ name: "quay.io/org/app" }));
  assert.equal(clientName(spelled, "org/app"), "quay.io/org/app");
  assert.equal(clientName(spelled, "org/other"), "quay.io/org/other");
  const short = route(map, ask({ name: "alpine" }));
  assert.equal(clientName(short, "library/alpine"), "alpine");
  assert.equal(clientName(short, "library/debian"), "library/debian");
  const vanity = route(map, ask({ host: "r.example.com", name: "app" }));
  assert.equal(clientName(vanity, "acme/prod/other"), "other");
  assert.equal(clientName(vanity, "acme/secret"), undefined);
  const ns = route(map, ask({ ns: ["quay.io"], name: "my.org/app" }));
  assert.equal(clientName(ns, "x/y"), "x/y");
});
