import assert from "node:assert/strict";
import { describeProvenance } from "../../../proxy/config/provenance.ts";
import { load, loaded, loadYaml, problems } from "./fixture.ts";

Deno.test("loadConfig, nothing given: the defaults and the built-in registries", async () => {
  const { config, file, warnings, sources } = loaded(await load({}));
  assert.equal(config.listen, ":8080");
  assert.equal(config.cache.max_size, 32 * 2 ** 30);
  assert.equal(file, undefined);
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    Object.keys(config.registries),
    ["docker", "ghcr", "quay", "gcr", "k8s", "ecr", "mcr", "elastic", "nvcr", "gitlab"],
  );
  assert.deepEqual(sources.get("listen"), { kind: "default" });
  assert.deepEqual(sources.get("registries.docker.library"), { kind: "built-in" });
});

Deno.test("loadConfig, the dashboard is for this machine alone until there is a file or a container", async () => {
  const dashboard = async (input: Parameters<typeof load>[0]) =>
    loaded(await load(input)).config.admin.listen;
  assert.equal(await dashboard({}), "127.0.0.1:8081");
  assert.equal(await dashboard({ args: ["--admin-listen", ":8081"] }), ":8081");
  assert.equal(await dashboard({ files: { "/srv/config.yaml": "listen: :1" } }), ":8081");
  assert.equal(await dashboard({ env: { container: "oci" } }), ":8081");
  assert.equal(await dashboard({ env: { KUBERNETES_SERVICE_HOST: "10.0.0.1" } }), ":8081");
  assert.equal(await dashboard({ files: { "/.dockerenv": "" } }), ":8081");
  assert.equal(await dashboard({ files: { "/run/.containerenv": "" } }), ":8081");
});

Deno.test("loadConfig, admin.tls is the registry's certificate or files of its own", async () => {
  const tls = "tls: { cert_file: c, key_file: k }\n";
  const files = { "/srv/c": "", "/srv/k": "" };
  const own = loaded(await loadYaml("admin: { tls: { cert_file: c, key_file: k } }", { files }));
  assert.deepEqual(own.config.admin.tls, { cert_file: "c", key_file: "k" });
  const same = loaded(await loadYaml(`${tls}admin: { tls: registry }`, { files }));
  assert.equal(same.config.admin.tls, "registry");
  assert.deepEqual(problems(await loadYaml("admin: { tls: registry }")), [
    "config.yaml:1:15: admin.tls: found registry, which has no certificate; expected one under tls",
  ]);
  assert.deepEqual(problems(await loadYaml("admin: { tls: { cert_file: c } }", { files })), [
    "config.yaml:1:28: admin.tls.cert_file: expected admin.tls.key_file with it",
  ]);
  assert.deepEqual(problems(await loadYaml("admin: { tls: yes please }")), [
    'config.yaml:1:15: admin.tls: found "yes please", expected registry, or cert_file and key_file',
  ]);
});

Deno.test("loadConfig, flags beat environment beats file beats defaults", async () => {
  const file = "listen: ':1'\ndomain_suffix: a.example\npublic_url: http://a.example\n";
  const env = { BERTH_LISTEN: ":2", BERTH_DOMAIN_SUFFIX: "b.example" };
  const { config, sources } = loaded(await loadYaml(file, { env, args: ["--listen", ":3"] }));
  assert.equal(config.listen, ":3");
  assert.equal(config.domain_suffix, "b.example");
  assert.equal(config.public_url, "http://a.example");
  const from = (key: string) => describeProvenance(sources.get(key)!);
  assert.equal(from("listen"), "flag --listen");
  assert.equal(from("domain_suffix"), "environment BERTH_DOMAIN_SUFFIX");
  assert.equal(from("public_url"), "config.yaml:3:13");
  assert.equal(from("admin.listen"), "default");
});

Deno.test("loadConfig, finds config.yaml, config.yml, config.json in this order", async () => {
  const files: Record<string, string> = {
    "/srv/config.json": '{\n\t"listen": ":3"\n}',
    "/srv/config.yml": "listen: :2",
    "/srv/config.yaml": "listen: :1",
  };
  for (const name of ["yaml", "yml", "json"]) {
    const { config, file } = loaded(await load({ files }));
    assert.equal(file, `/srv/config.${name}`);
    assert.equal(config.listen, `:${["yaml", "yml", "json"].indexOf(name) + 1}`);
    delete files[file];
  }
});

Deno.test("loadConfig, a file that is named must be there", async () => {
  assert.deepEqual(problems(await load({ args: ["-c", "x.yaml"] })), [
    "flag --config: cannot read x.yaml: there is no such file",
  ]);
  const denied = new Deno.errors.PermissionDenied("no");
  const input = { env: { BERTH_CONFIG: "/etc/b.yaml" }, files: { "/etc/b.yaml": denied } };
  assert.deepEqual(problems(await load(input)), [
    "environment BERTH_CONFIG: cannot read /etc/b.yaml: it may not be read",
  ]);
});

Deno.test("loadConfig, a file's registries extend the built-in ones key by key", async () => {
  const { config, disabled } = loaded(
    await loadYaml(`
registries:
  docker: { auth: { username: me, password: secret } }
  ghcr:
  quay: { enabled: false }
  own: { url: "http://registry.local:5000" }
`),
  );
  assert.equal(config.registries.docker!.library, true);
  assert.equal(config.registries.docker!.auth.username, "me");
  assert.equal(config.registries.ghcr!.url, "https://ghcr.io");
  assert.equal(config.registries.own!.url, "http://registry.local:5000");
  assert.ok(!("quay" in config.registries));
  assert.deepEqual(Object.keys(disabled), ["quay"]);
});

Deno.test("loadConfig, a built-in alias yields to a registry of the operator's", async () => {
  const { config } = loaded(
    await loadYaml(`
registries:
  hub: { url: "https://mirror.example", aliases: [docker.io] }
  k8sgcr: { url: "https://k8s.gcr.io" }
`),
  );
  assert.deepEqual(config.registries.docker!.aliases, ["index.docker.io"]);
  assert.deepEqual(config.registries.k8s!.aliases, ["registry.k8s.io"]);
});

Deno.test("loadConfig, a built-in registry keeps its host as a name when its url is a mirror's", async () => {
  const { config } = loaded(
    await loadYaml('registries: { quay: { url: "https://mirror.example" } }'),
  );
  assert.deepEqual(config.registries.quay!.aliases, ["quay.io"]);
});

Deno.test("loadConfig, registries from the environment and flags", async () => {
  const { config } = loaded(
    await load({
      env: {
        BERTH_REGISTRIES_MY_REG_URL: "https://a.example",
        BERTH_REGISTRIES_MY_REG_AUTH_USERNAME: "u",
        BERTH_REGISTRIES_MY_REG_AUTH_PASSWORD_FILE: "/run/pw",
      },
      args: ["--registries-my-reg-hosts=r.example,s.example"],
      files: { "/run/pw": "hunter2\n" },
    }),
  );
  const registry = config.registries["my-reg"]!;
  assert.deepEqual(registry.hosts, ["r.example", "s.example"]);
  assert.equal(registry.auth.password, "hunter2");
});

Deno.test("loadConfig, default_registry as a URL names or adds the registry", async () => {
  const known = loaded(await load({ args: ["-default-registry=https://quay.io/"] }));
  assert.equal(known.config.default_registry, "quay");
  const added = loaded(await load({ args: ["-default-registry", "https://r.example"] }));
  assert.equal(added.config.default_registry, "default");
  assert.equal(added.config.registries.default!.url, "https://r.example");
});

Deno.test("loadConfig, ${NAME} comes from the environment, as text or as the key's type", async () => {
  const text = `
allow_push: \${PUSH}
public_url: https://\${HOST_NAME:-berth.example}
domain_suffix: \${SUFFIX}
cache: { pin: ["a/$\${b}:*"] }
upstream:
  retries: \${RETRIES}
`;
  const env = { PUSH: "yes", SUFFIX: "x.example", RETRIES: "7" };
  const { config, sources } = loaded(await loadYaml(text, { env }));
  assert.equal(config.allow_push, true);
  assert.equal(config.public_url, "https://berth.example");
  assert.deepEqual(config.cache.pin, ["a/${b}:*"]);
  assert.equal(config.upstream.retries, 7);
  assert.equal(describeProvenance(sources.get("domain_suffix")!), "config.yaml:4:16 (${SUFFIX})");
  assert.deepEqual(problems(await loadYaml("domain_suffix: a\npublic_url: ${NOPE}\n")), [
    "config.yaml:2:13: ${NOPE} is not set; expected it in the environment",
  ]);
});

Deno.test("loadConfig, *_file keys are read, and say so when they cannot be", async () => {
  const text =
    "registries: { own: { url: 'https://o', auth: { username: u, password_file: pw } } }";
  const good = loaded(await loadYaml(text, { files: { "/srv/pw": "a b\r\n" } }));
  assert.equal(good.config.registries.own!.auth.password, "a b");
  assert.deepEqual(good.files, ["/srv/config.yaml", "/srv/pw"]);
  const at = "config.yaml:1:76: registries.own.auth.password_file:";
  assert.deepEqual(problems(await loadYaml(text)), [
    `${at} cannot read /srv/pw: there is no such file`,
  ]);
  assert.deepEqual(problems(await loadYaml(text, { files: { "/srv/pw": "\n" } })), [
    `${at} /srv/pw is empty; expected the secret`,
  ]);
  const both = text.replace("username: u", "username: u, password: p");
  assert.match(problems(await loadYaml(both)).join(), /password is given too/);
  const login = "{ username: u, password_file: pw }";
  const byHost = text.replace(login, `{ logins: { git.o: ${login} } }`);
  const logins = loaded(await loadYaml(byHost, { files: { "/srv/pw": "c" } }));
  assert.equal(logins.config.registries.own!.auth.logins["git.o"]!.password, "c");
});

Deno.test("loadConfig, files that are named must be there, and some are watched", async () => {
  const text = "tls: { cert_file: c, key_file: k }\nregistries: { quay: { ca_file: ca } }\n";
  assert.deepEqual(problems(await loadYaml(text, { files: { "/srv/c": "PEM" } })), [
    "config.yaml:1:32: tls.key_file: cannot read /srv/k: there is no such file",
    "config.yaml:2:32: registries.quay.ca_file: cannot read /srv/ca: there is no such file",
  ]);
  const files = { "/srv/c": "PEM", "/srv/k": "PEM", "/srv/ca": "PEM" };
  assert.deepEqual(loaded(await loadYaml(text, { files })).files, [
    "/srv/config.yaml",
    "/srv/ca",
  ]);
});

Deno.test("loadConfig, problems of every source are reported together, in order", async () => {
  const result = await loadYaml(
    `listne: ":80"
cache:
  max_size: 32x
  memory: true
max_age: 60d
registries:
  foo: {}
  Bad_name: { url: "http://a" }
  bar: { url: "ftp://x", allow: [a, 3], auth: { password: 12345 } }
log: { level: loud }
upstream: { retries: 99 }
frobnicate: 1
`,
    {
      env: { BERTH_CACHE_MIN_FREE: "lots" },
      args: ["--admin-listn", "5", "-listen=x", "--allow-push=maybe", "stray"],
    },
  );
  const url = "expected a URL such as https://registry.example.com, without credentials or query";
  assert.deepEqual(problems(result), [
    "flag --admin-listn: unknown flag; did you mean --admin-listen?",
    'unexpected argument "stray"; expected flags such as --listen=:8080',
    'flag -listen: listen: found "x", expected an address such as :8080, 127.0.0.1:8080 or [::1]:8080',
    'flag --allow-push: allow_push: found "maybe", expected true or false',
    'environment BERTH_CACHE_MIN_FREE: cache.min_free: found "lots", expected a size such as 32GiB, 500MB or 1g',
    "config.yaml:1:1: listne: unknown key; did you mean listen?",
    'config.yaml:3:13: cache.max_size: found "32x", expected a size such as 32GiB, 500MB or 1g',
    "config.yaml:4:11: cache.memory: found true, expected a size such as 32GiB, 500MB or 1g",
    "config.yaml:5:1: max_age: unknown key; did you mean cache.max_age?",
    `config.yaml:7:3: registries.foo.url: missing; ${url}`,
    'config.yaml:8:3: registries.Bad_name: found "Bad_name", expected a registry name of lower-case letters, digits and dashes',
    `config.yaml:9:15: registries.bar.url: found "ftp://x", ${url}`,
    "config.yaml:9:37: registries.bar.allow[1]: found 3, expected text, in quotes where it looks like a number",
    "config.yaml:9:59: registries.bar.auth.password: found a number, expected text, in quotes where it looks like a number",
    'config.yaml:10:15: log.level: found "loud", expected one of debug, info, warn, error',
    "config.yaml:11:22: upstream.retries: found 99, expected a whole number from 0 to 20",
    "config.yaml:12:1: frobnicate: unknown key; expected one of listen, public_url, token_url, trusted_proxies, " +
    "clients, tls, domain_suffix, default_registry, path_names, allow_push, shutdown_grace, log, savings, admin, " +
    "offline, registries, registry_map, users, htpasswd_file, allowed_networks, access, limits, cache, forward, " +
    "webhooks, policy, prefetch, cluster, timeouts, upstream",
  ]);
});

Deno.test("loadConfig, a file that is not YAML names the line", async () => {
  const [first] = problems(await loadYaml("listen: ':1'\ncache: {\n"));
  assert.match(first!, /^config\.yaml:3:1: expected valid YAML or JSON: /);
  const [duplicate] = problems(await loadYaml("listen: ':1'\nlisten: ':2'\n"));
  assert.match(duplicate!, /^config\.yaml:2:1: listen stands here again/);
  assert.match(problems(await loadYaml("- a\n")).join(), /:1:1: expected a mapping of keys/);
  assert.deepEqual(problems(await loadYaml("# nothing\n")), []);
});

Deno.test("loadConfig, unknown BERTH_ variables warn, Kubernetes' own do not", async () => {
  const { warnings } = loaded(
    await load({
      env: {
        BERTH_PORT: "tcp://10.0.0.1:80",
        BERTH_ADMIN_SERVICE_HOST: "10.0.0.1",
        BERTH_PORT_8080_TCP_ADDR: "10.0.0.1",
        BERTH_LISTN: ":1",
        BERTH_DOMAIN_SUFFIX: "",
      },
    }),
  );
  assert.deepEqual(warnings, [
    "environment BERTH_LISTN is not a setting of Berth and is ignored; did you mean BERTH_LISTEN?",
  ]);
});

Deno.test("loadConfig, keys that JavaScript knows are only keys", async () => {
  const found = problems(await loadYaml("__proto__: { listen: x }\nconstructor: 1\n"));
  assert.equal(found.length, 2);
  assert.match(found.join("\n"), /__proto__: unknown key[\s\S]*constructor: unknown key/);
});

Deno.test("loadConfig, a secret in the wrong shape is not shown", async () => {
  for (
    const text of [
      "webhooks: { hook: { url: 'https://s3cret.example', secret: s3cret } }",
      "users: { ann: { password: s3cret } }",
      "users: ['ann:s3cret']",
      "registries: { docker: { auth: 'ann:s3cret' } }",
      "admin: { tokens: [s3cret] }",
    ]
  ) {
    const said = problems(await loadYaml(text)).join("\n");
    assert.match(said, /found a (list|mapping|string), expected/, text);
    assert.doesNotMatch(said, /s3cret/);
  }
});
