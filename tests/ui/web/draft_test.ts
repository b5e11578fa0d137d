import assert from "node:assert/strict";
import type { RegistrySettings } from "../../../ui/api/schema/registries.ts";
import { complaintOf, type Draft, signInOf, toDraft, toSettings } from "../../../ui/web/draft.ts";

const HARBOR: RegistrySettings = {
  url: "https://harbor.example.com",
  auth: { username: "robot", ecr: undefined },
  hosts: ["images.example.com"],
  manifests: { ttl: "10m", tiers: [{ match: "^stable$", ttl: "1h" }] },
};
const SECRETS = ["auth.password"];

/** The settings after `change` in the form. */
function edited(
  settings: RegistrySettings,
  change: Partial<Draft>,
  secrets: readonly string[] = [],
): RegistrySettings {
  const draft = { ...toDraft(settings), signIn: signInOf(settings, secrets), ...change };
  return toSettings(draft, settings, secrets);
}

Deno.test("toSettings, a new registry says only what was typed", () => {
  assert.deepEqual(edited({ url: "" }, { url: " https://quay.io " }), { url: "https://quay.io" });
});

Deno.test("toSettings, what was not touched stays, also what the form does not show", () => {
  assert.deepEqual(edited(HARBOR, {}, SECRETS), {
    url: "https://harbor.example.com",
    auth: { username: "robot" },
    hosts: ["images.example.com"],
    manifests: { ttl: "10m", tiers: [{ match: "^stable$", ttl: "1h" }] },
  });
});

Deno.test("toSettings, offline is said where it is on and taken away where it is off", () => {
  const off = { url: "u" };
  assert.deepEqual(edited(off, { offline: true }), { url: "u", offline: true });
  assert.deepEqual(edited({ url: "u", offline: true }, {}), { url: "u", offline: true });
  assert.deepEqual(edited({ url: "u", offline: true }, { offline: false }), off);
});

Deno.test("toSettings, lists lose blank lines, zero is a duration", () => {
  const settings = edited({ url: "u" }, { aliases: [" docker.io ", ""], ttl: "0" });
  assert.deepEqual(settings, { url: "u", aliases: ["docker.io"], manifests: { ttl: 0 } });
});

Deno.test("toSettings, a secret is kept, replaced or removed", () => {
  assert.deepEqual(edited(HARBOR, {}, SECRETS).auth, { username: "robot" });
  assert.deepEqual(edited(HARBOR, { password: "new" }, SECRETS).auth, {
    username: "robot",
    password: "new",
  });
  assert.deepEqual(edited(HARBOR, { signIn: "anonymous" }, SECRETS).auth, { password: "" });
  assert.deepEqual(edited(HARBOR, { signIn: "client" }, SECRETS).auth, {
    mode: "client",
    password: "",
  });
});

Deno.test("toSettings, other ways to sign in", () => {
  const from = { url: "u" };
  assert.deepEqual(edited(from, { signIn: "docker", docker_config: "/c.json" }).auth, {
    docker_config: "/c.json",
  });
  assert.deepEqual(edited(from, { signIn: "header", header: "Bearer x" }).auth, {
    header: "Bearer x",
  });
  const ecr = { ecr_region: "eu-west-1", ecr_access_key_id: "AK", ecr_secret_access_key: "s" };
  assert.deepEqual(edited(from, { signIn: "ecr", ...ecr }).auth, {
    ecr: { region: "eu-west-1", access_key_id: "AK", secret_access_key: "s" },
  });
});

Deno.test("signInOf, from what is set", () => {
  const of = (auth: RegistrySettings["auth"], secrets: string[] = []) =>
    signInOf({ url: "u", auth }, secrets);
  assert.equal(of({}), "anonymous");
  assert.equal(of({ mode: "client" }), "client");
  assert.equal(of({ username: "u" }), "password");
  assert.equal(of({}, ["auth.header"]), "header");
  assert.equal(of({}, ["auth.identity_token"]), "token");
  assert.equal(of({ ecr: { region: "x" } }), "ecr");
});

Deno.test("complaintOf, finds the setting with or without its registry, and in lists", () => {
  const fields = [
    { path: "registries.quay.url", message: "expected a URL" },
    { path: "aliases.1", message: "taken" },
  ];
  assert.equal(complaintOf(fields, "url"), "expected a URL");
  assert.equal(complaintOf(fields, "aliases"), "taken");
  assert.equal(complaintOf(fields, "hosts"), "");
});
