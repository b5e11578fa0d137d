import assert from "node:assert/strict";
import { nginxTime } from "../../../proxy/config/dropin/table.ts";
import { describeProvenance } from "../../../proxy/config/provenance.ts";
import { load, loaded, type Machine, problems } from "./fixture.ts";

async function config(input: Machine) {
  return loaded(await load(input)).config;
}

Deno.test("container-registry-proxy, what it does by itself", async () => {
  const env = { AUTH_REGISTRIES: "quay.io:me:pw" };
  const found = loaded(await load({ env }));
  assert.equal(found.config.forward.listen, ":3128");
  assert.deepEqual(found.config.forward.intercept, [
    "docker.io",
    "k8s.gcr.io",
    "gcr.io",
    "quay.io",
  ]);
  assert.equal(found.config.cache.dir, "./data");
  assert.equal(found.config.cache.manifests.ttl, 0);
  assert.equal(
    describeProvenance(found.sources.get("forward.listen")!),
    "as container-registry-proxy does",
  );
  for (const directory of ["/registry_proxy_mirror_cache", "/docker_mirror_cache"]) {
    const volume = await config({ directories: [directory] });
    assert.equal(volume.forward.listen, ":3128");
    assert.equal(volume.cache.dir, directory);
  }
  assert.equal((await config({})).forward.listen, "");
});

Deno.test("container-registry-proxy, a volume that is mounted and not used is said", async () => {
  const directories = ["/registry_proxy_mirror_cache"];
  const warnings = async (env: Record<string, string>) =>
    loaded(await load({ directories, env })).warnings;
  assert.deepEqual(await warnings({}), []);
  assert.deepEqual(await warnings({ BERTH_CACHE_DIR: directories[0]! }), []);
  assert.deepEqual(await warnings({ BERTH_CACHE_DIR: "/data" }), [
    "/registry_proxy_mirror_cache is there and is not used: " +
    "cache.dir is /data (environment BERTH_CACHE_DIR)",
  ]);
});

Deno.test("container-registry-proxy, every setting of its environment", async () => {
  const { config, warnings } = loaded(
    await load({
      env: {
        REGISTRIES: "ghcr.io registry.acme.example  quay.io",
        AUTH_REGISTRIES:
          "auth.docker.io:hub:pw1 registry.acme.example:a:pw2 gitlab.com:g:p:w3 elsewhere.example:x:y",
        ALLOW_PUSH: "true",
        CACHE_MAX_SIZE: "10g",
        CACHE_MIN_FREE: "2g",
        CACHE_INACTIVE_TIME: "1M",
        CACHE_VALID_TIME: "60d",
        CACHE_DIRECTORY: "/c",
        ENABLE_MANIFEST_CACHE: "true",
        MANIFEST_CACHE_PRIMARY_REGEX: "(main)",
        MANIFEST_CACHE_PRIMARY_TIME: "5m",
        MANIFEST_CACHE_DEFAULT_TIME: "2h",
        PROXY_REQUEST_BUFFERING: "false",
        SEND_TIMEOUT: "60s",
        PROXY_READ_TIMEOUT: "90",
        PROXY_CONNECT_TIMEOUT: "5s",
        PROXY_CONNECT_READ_TIMEOUT: "10m",
        VERIFY_SSL: "false",
      },
    }),
  );
  const { registries, forward, cache, upstream } = config;
  assert.deepEqual(forward.intercept, [
    "docker.io",
    "ghcr.io",
    "registry.acme.example",
    "quay.io",
  ]);
  const added = registries["registry-acme-example"]!;
  assert.equal(added.url, "https://registry.acme.example");
  const login = (name: string) => {
    const { username, password } = registries[name]!.auth;
    return `${username} ${password}`;
  };
  assert.equal(login("docker"), "hub pw1");
  const { username, password } = added.auth.logins["registry.acme.example"]!;
  assert.deepEqual([username, password], ["a", "pw2"]);
  assert.equal(login("gitlab"), "g p:w3");
  assert.ok(Object.values(registries).every(({ insecure_tls }) => insecure_tls));
  assert.equal(config.allow_push, true);
  assert.equal(cache.max_size, 10 * 2 ** 30);
  assert.equal(cache.min_free, 2 * 2 ** 30);
  assert.equal(cache.max_age, 30 * 86400e3);
  assert.equal(cache.dir, "/c");
  assert.deepEqual(cache.manifests.tiers.map(({ ttl }) => ttl), [300e3, 60 * 86400e3]);
  assert.equal(cache.manifests.tiers[0]!.match, "^(?:(main))");
  assert.equal(cache.manifests.ttl, 7200e3);
  assert.deepEqual(upstream, {
    connect_timeout: 5e3,
    response_timeout: 90e3,
    idle_timeout: 90e3,
    retries: 3,
  });
  assert.equal(forward.idle_timeout, 600e3);
  assert.match(warnings.at(-1)!, /private images of docker, gitlab, registry-acme-example/);
  assert.deepEqual(warnings.slice(0, -1), [
    "settings of container-registry-proxy that Berth does not need or takes otherwise: " +
    "CACHE_VALID_TIME (content has a digest and does not go stale), " +
    "PROXY_REQUEST_BUFFERING (pushes are streamed), " +
    "SEND_TIMEOUT (slow clients have limits of Berth's own), " +
    "AUTH_REGISTRIES (elsewhere.example is no registry that Berth knows, nor where one signs in; ignored)",
  ]);
});

Deno.test("container-registry-proxy, delimiters for keys that hold spaces and colons", async () => {
  const key = '{ "type": "service_account", "private_key": "a:b c" }';
  const { registries } = await config({
    env: {
      AUTH_REGISTRIES: `gcr.io=_json_key=${key};;;quay.io=me=pw`,
      AUTH_REGISTRIES_DELIMITER: ";;;",
      AUTH_REGISTRY_DELIMITER: "=",
    },
  });
  assert.equal(registries.gcr!.auth.username, "_json_key");
  assert.equal(registries.gcr!.auth.password, key);
  assert.equal(registries.quay!.auth.password, "pw");
});

Deno.test("container-registry-proxy, clients sign in themselves where it has no login, as there", async () => {
  const REGISTRIES = "quay.io own.acme.example other.example";
  const AUTH_REGISTRIES = "own.acme.example:u:p";
  const auth = async (name: string, more: Machine = {}) => {
    const env = { REGISTRIES, AUTH_REGISTRIES, ...more.env };
    const { mode, offline } = (await config({ ...more, env })).registries[name]!.auth;
    return [mode, offline];
  };
  assert.deepEqual(await auth("own-acme-example"), ["proxy", "none"]);
  assert.deepEqual(await auth("other-example"), ["client", "known"]);
  assert.deepEqual(await auth("quay"), ["proxy", "none"], "well known, and mostly public");
  const mode = { BERTH_REGISTRIES_OTHER_EXAMPLE_AUTH_MODE: "proxy" };
  assert.deepEqual(await auth("other-example", { env: mode }), ["proxy", "known"]);
  const prefix = "--registries-other-example-auth-";
  const args = [`${prefix}username=u`, `${prefix}password=p`];
  assert.deepEqual(await auth("other-example", { args }), ["proxy", "none"]);
});

Deno.test("container-registry-proxy, an empty expression turns its tier off", async () => {
  const env = { ENABLE_MANIFEST_CACHE: "true", MANIFEST_CACHE_SECONDARY_REGEX: "" };
  const { tiers } = (await config({ env })).cache.manifests;
  assert.deepEqual(tiers.map(({ match }) => match), ["^(?:(stable|nightly|production|test))"]);
});

Deno.test("container-registry-proxy, a GitLab of one's own signs in for its registry", async () => {
  const AUTH_REGISTRIES = "git.acme.example:u:p";
  for (const REGISTRIES of ["reg.acme.example", "reg.acme.example git.acme.example"]) {
    const { registries } = await config({ env: { REGISTRIES, AUTH_REGISTRIES } });
    const { auth: { username, logins }, ...reg } = registries["reg-acme-example"]!;
    const login = { username: "u", password: "p", password_file: "" };
    assert.deepEqual([username, logins], ["", { "git.acme.example": login }]);
    assert.equal(reg.url, "https://reg.acme.example");
  }
});

Deno.test("container-registry-proxy, a login is for the hosts that it could be meant for", async () => {
  const { config: { registries, forward }, warnings } = loaded(
    await load({
      env: {
        REGISTRIES:
          "a.acme.example b.acme.example c.acme.example auth.docker.io r.tenant.github.io",
        AUTH_REGISTRIES:
          "a.acme.example:a:1 b.acme.example:b:2 auth.docker.io:hub:3 other.github.io:o:4",
      },
    }),
  );
  const logins = (name: string) => {
    const { username, token_server, logins } = registries[name]!.auth;
    const byHost = Object.entries(logins).map(([host, login]) => `${host} ${login.username}`);
    return [username, token_server, ...byHost];
  };
  const both = ["a.acme.example a", "b.acme.example b"];
  for (const name of ["a-acme-example", "b-acme-example", "c-acme-example"]) {
    assert.deepEqual(logins(name).toSorted(), ["", "", ...both], name);
  }
  assert.deepEqual(logins("docker"), ["hub", ""]);
  assert.deepEqual(logins("r-tenant-github-io"), ["", ""], "another tenant");
  assert.equal(forward.intercept.includes("auth.docker.io"), false);
  assert.match(warnings.join(), /other\.github\.io is no registry that Berth knows/);
});

Deno.test("container-registry-proxy, several registries of a domain with a login each", async () => {
  const { config: { registries }, warnings } = loaded(
    await load({
      env: {
        REGISTRIES: "reg.ex.test:5000 other.ex.test git.ex.test",
        AUTH_REGISTRIES: "other.ex.test=a=b Git.ex.test:8443=deploy=token",
        AUTH_REGISTRY_DELIMITER: "=",
      },
    }),
  );
  const own = Object.entries(registries).filter(([name]) => name.endsWith("ex-test"));
  assert.deepEqual(own.map(([name]) => name).sort(), ["git-ex-test", "other-ex-test"]);
  for (
    const [name, { auth: { mode, logins } }] of [...own, [
      "",
      registries["reg-ex-test-5000"]!,
    ]] as const
  ) {
    const given = Object.entries(logins).map(([host, login]) => [host, login.username]);
    assert.deepEqual(Object.fromEntries(given), {
      "other.ex.test": "a",
      "git.ex.test:8443": "deploy",
    });
    assert.equal(mode, "proxy", name);
  }
  assert.deepEqual(warnings.filter((warning) => warning.includes("AUTH_REGISTRIES")), []);
});

Deno.test("container-registry-proxy, an incomplete login names its place and not the password", async () => {
  const env = { AUTH_REGISTRIES: "quay.io:me:pw gcr.io:hunter2" };
  assert.deepEqual(problems(await load({ env })), [
    "environment AUTH_REGISTRIES: entry 2 is incomplete; expected host:user:password",
  ]);
});

Deno.test("nginxTime, nginx's units", () => {
  const table = { "60": "60s", "60s": "60s", "1M": "30d", "1y": "365d", "1h 30m": "1h30m" };
  for (const [text, expected] of Object.entries(table)) assert.equal(nginxTime(text), expected);
});
