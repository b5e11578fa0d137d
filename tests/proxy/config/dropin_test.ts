import assert from "node:assert/strict";
import { describeProvenance } from "../../../proxy/config/provenance.ts";
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

Deno.test("PORT and DEBUG, which any platform sets, count only beside what is their tool's own", async () => {
  const env = { PORT: "5000", HOST: "0.0.0.0", DEBUG: "1" };
  const plain = await config({ env });
  assert.deepEqual([plain.listen, plain.log.level], [":8080", "info"]);
  const table: [Machine, string, string][] = [
    [{ env, args: ["--listen=:1"] }, ":1", "info"],
    [{ env: { ...env, REGISTRY_HOST: "gcr.io" } }, "0.0.0.0:5000", "debug"],
    [{ env: { ...env, REPO_PREFIX: "acme" } }, "0.0.0.0:5000", "debug"],
    [{ env, args: ["-port=7"] }, "0.0.0.0:7", "debug"],
    [{ env, args: ["-domain-suffix=example.com"] }, ":8080", "debug"],
    [{ env: { ...env, CREV_REPO_PREFIX: "acme" } }, ":8080", "debug"],
    [{ env: { ...env, CACHE_MAX_SIZE: "1g" } }, ":8080", "debug"],
    [{ env: { ...env, REGISTRIES: "quay.io" } }, ":8080", "debug"],
  ];
  for (const [input, listen, level] of table) {
    const found = await config(input);
    assert.deepEqual([found.listen, found.log.level], [listen, level], JSON.stringify(input));
  }
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
  assert.deepEqual([config.tls.cert_file, config.tls.key_file], ["/c.pem", "/k.pem"]);
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
    describeProvenance(sources.get("registries.vanity.url")!),
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
  assert.equal(describeProvenance(sources.get("listen")!), "flag -port");
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
  assert.ok(Object.values(config.registries).every(({ auth }) => auth.mode === "client"));
  assert.equal(config.log.level, "debug");
  assert.equal(config.forward.ca_cert_file, "ca.crt");
  assert.equal(describeProvenance(sources.get("log.level")!), "config.yaml:8:12");
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
  assert.equal(config.registries.docker!.auth.mode, "proxy", "tunnels hide who signs in");
});

Deno.test("crm, with mitm credentials of the operator's go before those of clients", async () => {
  const { config } = loaded(
    await loadYaml(
      "mitm: { enabled: true }\nregistries: { docker: { auth: { username: u, password: p } } }\n",
    ),
  );
  const { mode, offline } = config.registries.docker!.auth;
  assert.deepEqual([mode, offline], ["proxy", "none"]);
  assert.equal(config.registries.gcr!.auth.mode, "client");
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
