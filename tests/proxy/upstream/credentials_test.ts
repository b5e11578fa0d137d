import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import {
  basicHeader,
  credentialAt,
  credentialId,
  headerCredential,
  statedCredentials,
} from "../../../proxy/upstream/credentials.ts";
import {
  dockerConfigCredential,
  dockerConfigCredentials,
} from "../../../proxy/upstream/docker_config.ts";
import { registryAt } from "./support.ts";

const hub = { aliases: ["docker.io", "index.docker.io"] };

Deno.test("dockerConfigCredential, the login of this registry and no other", () => {
  const auth = btoa("ann:se:cret");
  const basic = { kind: "basic", username: "ann", password: "se:cret" };
  const hosts = ["registry-1.docker.io", "docker.io", "index.docker.io"];
  const table: [object, unknown][] = [
    [{}, { kind: "anonymous" }],
    [{ auths: { "https://index.docker.io/v1/": { auth } } }, basic],
    [{ auths: { "docker.io": { username: "ann", password: "se:cret" } } }, basic],
    [{ auths: { "ghcr.io": { auth } } }, { kind: "anonymous" }],
    [{ auths: { "evil.test/docker.io": { auth } } }, { kind: "anonymous" }],
    [{ auths: { "docker.io": { auth: btoa("<token>:"), identitytoken: "id" } } }, {
      kind: "identity",
      token: "id",
    }],
    [{ auths: { "docker.io": { registrytoken: "r" } } }, {
      kind: "header",
      name: "authorization",
      value: "Bearer r",
    }],
    [{ auths: { "ghcr.io": {} }, credsStore: "desktop" }, { kind: "anonymous" }],
  ];
  for (const [config, expected] of table) {
    assert.deepEqual(dockerConfigCredential(config, hosts), expected, JSON.stringify(config));
  }
  assert.throws(() => dockerConfigCredential({ credHelpers: { "docker.io": "x" } }, hosts));
  assert.throws(() =>
    dockerConfigCredential({ auths: { "docker.io": {} }, credsStore: "x" }, hosts)
  );
});

Deno.test("dockerConfigCredentials, the file is read anew and complains in words", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/config.json`;
    const settings = { ...hub, auth: { docker_config: "~/config.json" } };
    const registry = registryAt("https://registry-1.docker.io", settings);
    const credentials = dockerConfigCredentials(registry, { HOME: dir });
    await assert.rejects(credentials(), /^UpstreamError: test: the file that auth\.docker_config/);
    await writeFile(path, JSON.stringify({ auths: { "docker.io": { auth: btoa("a:b") } } }));
    assert.deepEqual(await credentials(), { kind: "basic", username: "a", password: "b" });
    await writeFile(path, JSON.stringify({ auths: { "docker.io": { identitytoken: "t" } } }));
    assert.deepEqual(await credentials(), { kind: "identity", token: "t" });
    await writeFile(path, JSON.stringify({ credHelpers: { "docker.io": "pass" } }));
    await assert.rejects(credentials(), /credential helper, which Berth does not run/);
    await writeFile(path, "not json");
    await assert.rejects(credentials(), /is not a Docker configuration/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("headerCredential, a value or a named header", () => {
  const named = { kind: "header", name: "x-api-key", value: "k: v" };
  assert.deepEqual(headerCredential("X-Api-Key: k: v"), named);
  const bare = { kind: "header", name: "authorization", value: "Bearer a:b" };
  assert.deepEqual(headerCredential("Bearer a:b"), bare);
});

Deno.test("basicHeader, UTF-8", () => {
  assert.equal(basicHeader("müller", "pässe"), "Basic bcO8bGxlcjpww6Rzc2U=");
});

Deno.test("credentialId, tells credentials apart and gives nothing away", async () => {
  const one = await credentialId({ kind: "basic", username: "a", password: "hunter2" });
  const two = await credentialId({ kind: "basic", username: "a", password: "hunter3" });
  assert.notEqual(one, two);
  assert.doesNotMatch(one, /hunter/);
});

Deno.test("credentialAt, a login is told its own host and no other", async () => {
  const registry = registryAt("https://reg.ex.test", {
    auth: {
      logins: {
        "Git.ex.test": { username: "git", password: "1" },
        "git.ex.test:8443": { username: "git-8443", password: "2" },
        "reg.ex.test": { username: "reg", password: "3" },
        "auth.ex.test:443": { username: "auth", password: "4" },
        "port.ex.test:5000": { username: "port", password: "5" },
      },
    },
  });
  const credential = await statedCredentials(registry)!();
  const table: Record<string, string | undefined> = {
    "https://git.ex.test/jwt/auth": "git",
    "https://git.ex.test:9000/jwt/auth": "git",
    "https://git.ex.test:8443/jwt/auth": "git-8443",
    "https://reg.ex.test/v2/": "reg",
    "https://reg.ex.test:5001/token": "reg",
    "https://auth.ex.test/token": "auth",
    "https://auth.ex.test:444/token": undefined,
    "https://port.ex.test:5000/token": "port",
    "https://port.ex.test:5001/token": undefined,
    "https://port.ex.test/token": undefined,
    "https://other.ex.test/token": undefined,
    "https://git.ex.test.evil.test/token": undefined,
    "https://x.git.ex.test/token": undefined,
  };
  for (const [url, expected] of Object.entries(table)) {
    const { sent } = credentialAt(credential, new URL(url));
    assert.equal(sent.kind === "basic" ? sent.username : undefined, expected, url);
  }
});

Deno.test("credentialAt, user name and password are for where no login is", async () => {
  const auth = { username: "u", password: "p" };
  const logins = { "git.ex.test": { username: "git", password: "1" } };
  const told = async (settings: Record<string, unknown>, url: string) => {
    const registry = registryAt("https://reg.ex.test", { auth: settings });
    const { sent } = credentialAt(await statedCredentials(registry)!(), new URL(url));
    return sent.kind === "basic" ? sent.username : sent.kind;
  };
  assert.equal(await told({ ...auth, logins }, "https://reg.ex.test/"), "u");
  assert.equal(await told({ ...auth, logins }, "https://auth.ex.test/"), "u");
  assert.equal(await told({ ...auth, logins }, "https://git.ex.test/"), "git");
  const one = { ...auth, token_server: "auth.ex.test" };
  assert.equal(await told({ ...one, logins }, "https://auth.ex.test/"), "u");
  assert.equal(await told({ ...one, logins }, "https://git.ex.test/"), "git");
  assert.equal(await told({ ...one, logins }, "https://reg.ex.test/"), "anonymous");
});
