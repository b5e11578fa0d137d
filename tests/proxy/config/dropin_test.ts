import assert from "node:assert/strict";
import { describeOrigin } from "../../../proxy/config/origin.ts";
import { nginxTime } from "../../../proxy/config/dropin/table.ts";
import { load, loaded, loadYaml, type Machine, problems } from "./fixture.ts";

async function config(input: Machine) {
  return loaded(await load(input)).config;
}

Deno.test("crproxy, its flags and DEBUG", async () => {
  const args =
    "-listen=:5000 -domain-suffix example.com -cache-dir /c -default-registry https://gcr.io";
  const found = await config({ args: args.split(" "), env: { DEBUG: "1" } });
  assert.equal(found.listen, ":5000");
  assert.equal(found.domain_suffix, "example.com");
  assert.equal(found.cache.dir, "/c");
  assert.equal(found.default_registry, "gcr");
  assert.equal(found.log.level, "debug");
  assert.equal((await config({ env: { DEBUG: "express:*" } })).log.level, "info");
  assert.equal((await config({ args: ["-cache-dir="] })).cache.dir, "", "no cache");
});

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
    describeOrigin(found.sources.get("forward.listen")!),
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
  assert.equal(login("registry-acme-example"), "a pw2");
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

Deno.test("container-registry-proxy, an empty expression turns its tier off", async () => {
  const env = { ENABLE_MANIFEST_CACHE: "true", MANIFEST_CACHE_SECONDARY_REGEX: "" };
  const { tiers } = (await config({ env })).cache.manifests;
  assert.deepEqual(tiers.map(({ match }) => match), ["^(?:(stable|nightly|production|test))"]);
});

Deno.test("container-registry-proxy, a GitLab of one's own signs in for its registry", async () => {
  const AUTH_REGISTRIES = "git.acme.example:u:p";
  for (const REGISTRIES of ["reg.acme.example", "reg.acme.example git.acme.example"]) {
    const { registries } = await config({ env: { REGISTRIES, AUTH_REGISTRIES } });
    const { username, password, token_server } = registries["reg-acme-example"]!.auth;
    assert.deepEqual([username, password, token_server], ["u", "p", "git.acme.example"]);
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
  const login = (name: string) => {
    const { username, token_server } = registries[name]!.auth;
    return [username, token_server];
  };
  assert.deepEqual(login("a-acme-example"), ["a", ""], "its own");
  assert.deepEqual(login("b-acme-example"), ["b", ""], "its own");
  assert.deepEqual(login("c-acme-example"), ["", ""], "it could be either");
  assert.deepEqual(login("docker"), ["hub", ""]);
  assert.deepEqual(login("r-tenant-github-io"), ["", ""], "another tenant");
  assert.equal(forward.intercept.includes("auth.docker.io"), false);
  assert.match(warnings.join(), /other\.github\.io is no registry that Berth knows/);
});

Deno.test("container-registry-proxy, an incomplete login names its place and not the password", async () => {
  const env = { AUTH_REGISTRIES: "quay.io:me:pw gcr.io:hunter2" };
  assert.deepEqual(problems(await load({ env })), [
    "environment AUTH_REGISTRIES: entry 2 is incomplete; expected host:user:password",
  ]);
});

Deno.test("serverless-registry-proxy, its environment", async () => {
  const { config, sources } = loaded(
    await load({
      env: {
        PORT: "9000",
        HOST: "::1",
        REGISTRY_HOST: "gcr.io",
        REPO_PREFIX: "acme/prod",
        DISABLE_BROWSER_REDIRECTS: "yes",
        GOOGLE_APPLICATION_CREDENTIALS: "/key.json",
        TLS_CERT: "/c.pem",
        TLS_KEY: "/k.pem",
      },
      files: { "/key.json": '{"a": 1}\n', "/c.pem": "PEM", "/k.pem": "PEM" },
    }),
  );
  assert.equal(config.listen, "[::1]:9000");
  assert.deepEqual(config.tls, { cert_file: "/c.pem", key_file: "/k.pem" });
  assert.deepEqual(Object.keys(config.registries), ["vanity"]);
  assert.equal(config.default_registry, "vanity");
  const { url, repo_prefix, redirects, browser_redirects, auth } = config.registries.vanity!;
  assert.deepEqual({ url, repo_prefix, redirects, browser_redirects }, {
    url: "https://gcr.io",
    repo_prefix: "acme/prod",
    redirects: "pass",
    browser_redirects: false,
  });
  assert.equal(auth.mode, "proxy");
  assert.equal(auth.username, "_json_key");
  assert.equal(auth.password, '{"a": 1}');
  assert.equal(config.token_url, "/_token");
  assert.equal(
    describeOrigin(sources.get("registries.vanity.url")!),
    "environment REGISTRY_HOST",
  );
});

Deno.test("serverless-registry-proxy, its flags beat its environment", async () => {
  const { config, sources } = loaded(
    await load({
      args: ["-port", "7000", "-registeryHost=quay.io", "-repoPrefix=b"],
      env: { PORT: "9000", REGISTRY_HOST: "gcr.io", REPO_PREFIX: "a", AUTH_HEADER: "Bearer x" },
    }),
  );
  assert.equal(config.listen, ":7000");
  assert.equal(config.registries.vanity!.url, "https://quay.io");
  assert.equal(config.registries.vanity!.repo_prefix, "b");
  assert.equal(config.registries.vanity!.auth.header, "Bearer x");
  assert.equal(config.registries.vanity!.browser_redirects, true);
  assert.equal(describeOrigin(sources.get("listen")!), "flag -port");
});

Deno.test("serverless-registry-proxy, the flags of its source", async () => {
  const vanity = async (...args: string[]) => {
    const env = { REPO_PREFIX: "acme", DISABLE_BROWSER_REDIRECTS: "1" };
    return (await config({ args: ["-registryHost", "index.docker.io", ...args], env }))
      .registries.vanity!;
  };
  const { url, browser_redirects } = await vanity("-disableBrowserRedirects", "-port=1");
  assert.deepEqual([url, browser_redirects], ["https://registry-1.docker.io", false]);
  assert.equal((await vanity("-disableBrowserRedirects=false")).browser_redirects, true);
});

Deno.test("serverless-registry-proxy, clients sign in themselves unless the operator does", async () => {
  const env = { REGISTRY_HOST: "docker.io", REPO_PREFIX: "acme" };
  const { url, auth } = (await config({ env })).registries.vanity!;
  assert.deepEqual([url, auth.mode], ["https://registry-1.docker.io", "client"]);
  const inline = { ...env, GOOGLE_APPLICATION_CREDENTIALS: ' {"a": 1}' };
  const keyed = (await config({ env: inline })).registries.vanity!.auth;
  assert.deepEqual([keyed.mode, keyed.password], ["proxy", ' {"a": 1}']);
  const own = {
    ...env,
    BERTH_REGISTRIES_VANITY_AUTH_USERNAME: "me",
    BERTH_REGISTRIES_VANITY_AUTH_PASSWORD: "pw",
  };
  assert.equal((await config({ env: own })).registries.vanity!.auth.mode, "proxy");
});

Deno.test("serverless-registry-proxy, HOST and GOOGLE_APPLICATION_CREDENTIALS alone mean nothing", async () => {
  const env = { HOST: "build-7", GOOGLE_APPLICATION_CREDENTIALS: "/nope", TLS_CERT: "/nope" };
  const found = await config({ env });
  assert.equal(found.listen, ":8080");
  assert.equal(found.tls.cert_file, "");
});

Deno.test("vanity tools, the operator's own registries stay", async () => {
  const { registries } = loaded(
    await loadYaml("registries: { quay: { library: false }, own: { url: 'https://o' } }", {
      env: { REGISTRY_HOST: "gcr.io" },
    }),
  ).config;
  assert.deepEqual(Object.keys(registries).toSorted(), ["own", "quay", "vanity"]);
});

Deno.test("crev, its environment", async () => {
  const { config } = loaded(
    await load({
      env: {
        CREV_REGISTRY_HOST: "127.0.0.1:5000",
        CREV_REGISTRY_SCHEME: "http",
        CREV_REPO_PREFIX: "acme",
        CREV_TOKEN_URL: "_token",
      },
    }),
  );
  assert.deepEqual(Object.keys(config.registries), ["vanity"]);
  assert.equal(config.registries.vanity!.url, "http://127.0.0.1:5000");
  assert.equal(config.registries.vanity!.repo_prefix, "acme");
  assert.equal(config.registries.vanity!.auth.mode, "client");
  assert.equal(config.token_url, "_token");
  assert.ok(config.trusted_proxies.includes("169.254.0.0/16"), "a platform's front end");
  const older = await load({
    env: { CREV_REGISTRY_HOST: "ghcr.io", CREV_TOKEN_PATHNAME: "/api/crev" },
  });
  assert.equal(loaded(older).config.token_url, "/api/crev");
  const hub = await load({ env: { CREV_REPO_PREFIX: "library" } });
  assert.equal(loaded(hub).config.registries.vanity!.url, "https://registry-1.docker.io");
});

const CRM_HOSTS = [
  "docker.io",
  "registry-1.docker.io",
  "gcr.io",
  "k8s.io",
  "registry.k8s.io",
  "docker.elastic.co",
];

Deno.test("crm, its file is recognised by its keys", async () => {
  const { config, warnings, sources } = loaded(
    await loadYaml(
      `
listen: ":9090"
allowed_hosts:
  - docker.io
  - .*\\.gcr\\.io
  - registry.acme.example
insecure_tls: true
log_level: Debug
security:
  max_concurrent_reqs: 100
mitm:
  enabled: true
  ca_cert_path: ca.crt
  ca_key_path: ca.key
`,
      { files: { "/srv/ca.crt": "PEM", "/srv/ca.key": "PEM" } },
    ),
  );
  assert.equal(config.listen, ":9090");
  assert.equal(config.forward.listen, ":9090");
  assert.deepEqual(config.forward.allowed_hosts, [
    ...CRM_HOSTS,
    "/.*\\.gcr\\.io/",
    "registry.acme.example",
  ]);
  const names = ["docker", "elastic", "gcr", "k8s", "registry-acme-example"];
  assert.deepEqual(Object.keys(config.registries).toSorted(), names);
  assert.deepEqual(config.forward.intercept.toSorted(), names);
  assert.ok(Object.values(config.registries).every(({ insecure_tls }) => insecure_tls));
  assert.equal(config.log.level, "debug");
  assert.equal(config.forward.ca_cert_file, "ca.crt");
  assert.equal(describeOrigin(sources.get("log.level")!), "config.yaml:8:12");
  const line = warnings.join();
  assert.match(line, /^settings of crm .*mitm \(registries are intercepted/);
  assert.match(line, /allowed_hosts \(an entry is a whole host name.*security \(/);
});

Deno.test("crm, what it does by itself, as JSON", async () => {
  const files = { "/etc/crm.json": '{"log_level": "info"}' };
  const { config } = loaded(await load({ args: ["-c", "/etc/crm.json"], files }));
  assert.equal(config.forward.listen, ":8080");
  assert.deepEqual(Object.keys(config.registries), ["docker", "gcr", "k8s", "elastic"]);
  assert.deepEqual(config.forward.intercept, []);
});

Deno.test("crm, its allow-list adds to its own, and registries in neither are left out", async () => {
  const { config } = loaded(await loadYaml("allowed_hosts: [quay.io, auth.docker.io]\n"));
  const names = ["docker", "elastic", "gcr", "k8s", "quay"];
  assert.deepEqual(Object.keys(config.registries).toSorted(), names);
  assert.deepEqual(config.forward.allowed_hosts, [...CRM_HOSTS, "quay.io", "auth.docker.io"]);
  assert.equal(config.default_registry, "docker");
});

Deno.test("crm, a mistake in its file is named where it is", async () => {
  assert.deepEqual(problems(await loadYaml("log_level: loud\nallowed_hosts: 5\n")), [
    'config.yaml:1:12: log.level: found "loud", expected one of debug, info, warn, error',
    "config.yaml:2:16: forward.allowed_hosts: found 5, expected a list",
  ]);
});

Deno.test("two tools that contradict each other are an error that names both", async () => {
  const two = await load({ env: { REGISTRY_HOST: "gcr.io", CREV_REGISTRY_HOST: "quay.io" } });
  assert.deepEqual(problems(two), [
    "environment CREV_REGISTRY_HOST: registries.vanity.url: crev contradicts " +
    "serverless-registry-proxy, which says otherwise in environment REGISTRY_HOST; expected one of them",
  ]);
  const same = await load({ env: { REGISTRY_HOST: "gcr.io", CREV_REGISTRY_HOST: "gcr.io" } });
  assert.deepEqual(problems(same), []);
  const many = problems(await load({ env: { REGISTRY_HOST: "gcr.io", REGISTRIES: "quay.io" } }));
  assert.match(many.join(), /REGISTRIES: container-registry-proxy .* serverless-registry-proxy/);
});

Deno.test("BERTH_ and Berth's own flags beat other tools' spelling", async () => {
  const env = { ALLOW_PUSH: "true", BERTH_ALLOW_PUSH: "false", PORT: "1", CACHE_MAX_SIZE: "1g" };
  const found = await config({ env, args: ["--listen=:2", "--cache-max-size=2g"] });
  assert.equal(found.allow_push, false);
  assert.equal(found.listen, ":2");
  assert.equal(found.cache.max_size, 2 * 2 ** 30);
});

Deno.test("nginxTime, nginx's units", () => {
  const table = { "60": "60s", "60s": "60s", "1M": "30d", "1y": "365d", "1h 30m": "1h30m" };
  for (const [text, expected] of Object.entries(table)) assert.equal(nginxTime(text), expected);
});
