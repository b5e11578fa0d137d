import assert from "node:assert/strict";
import {
  patchRegistry,
  removeRegistry,
  setRegistry,
} from "../../../proxy/config/registry_edits.ts";
import { formatKey } from "../../../proxy/config/path.ts";
import type { Edit } from "../../../proxy/config/edit/edit.ts";
import { loaded, loadYaml } from "./fixture.ts";

const FILE = `
registries:
  docker: { auth: { username: me, password: pw } }
  own:
    url: https://own.example
    hosts: [r.example]
    repo_prefix: acme
    manifests: { ttl: 90s }
    auth: { header: Bearer x }
  off: { url: "https://off.example", enabled: false }
`;
const context = loaded(await loadYaml(FILE));

const said = (edits: Edit[]) =>
  Object.fromEntries(edits.map(({ path, value }) => [formatKey(path.slice(2)), value]));

Deno.test("setRegistry, a new one is written without its defaults", () => {
  const settings = {
    url: "https://new.example",
    library: false,
    aliases: [],
    hosts: ["n.example"],
    auth: { mode: "proxy", username: "u", password: "p", header: "" },
    manifests: { ttl: "0s" },
  };
  assert.deepEqual(said(setRegistry(context, "new", settings)), {
    url: "https://new.example",
    hosts: ["n.example"],
    "auth.username": "u",
    "auth.password": "p",
    "auth.header": undefined,
    "manifests.ttl": "0s",
  });
});

Deno.test("setRegistry, touches only what differs, and keeps secrets that are left out", () => {
  const same = {
    url: "https://own.example",
    hosts: ["r.example"],
    repo_prefix: "acme",
    manifests: { ttl: "1m30s" },
    auth: { mode: "proxy" },
  };
  assert.deepEqual(setRegistry(context, "own", same), []);
  const changed = { ...same, hosts: [], repo_prefix: "", manifests: {}, allow: ["app/*"] };
  assert.deepEqual(said(setRegistry(context, "own", changed)), {
    hosts: undefined,
    repo_prefix: undefined,
    "manifests.ttl": undefined,
    allow: ["app/*"],
  });
  assert.deepEqual(said(setRegistry(context, "own", { ...same, auth: { header: "" } })), {
    "auth.header": undefined,
  });
});

Deno.test("setRegistry, what is built in is overridden, not taken away", () => {
  const settings = { url: "https://mirror.example", aliases: [], library: false };
  assert.deepEqual(said(setRegistry(context, "docker", settings)), {
    "auth.username": undefined,
    url: "https://mirror.example",
    aliases: [],
    library: false,
  });
});

Deno.test("patchRegistry, changes what it names", () => {
  const patch = { library: true, auth: { header: null }, repo_prefix: "acme" };
  assert.deepEqual(said(patchRegistry(context, "own", patch)), {
    library: true,
    "auth.header": undefined,
  });
  assert.deepEqual(said(patchRegistry(context, "off", { enabled: true })), { enabled: true });
});

Deno.test("removeRegistry, turns a built-in one off and takes others away", () => {
  const edits = (name: string) =>
    removeRegistry(context, name).map(({ path, value }) => [formatKey(path), value]);
  assert.deepEqual(edits("own"), [["registries.own", undefined]]);
  assert.deepEqual(edits("quay"), [["registries.quay.enabled", false]]);
  assert.deepEqual(edits("docker"), [
    ["registries.docker", undefined],
    ["registries.docker.enabled", false],
  ]);
});
