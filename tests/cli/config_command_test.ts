import assert from "node:assert/strict";
import {
  configCommand,
  hashPasswordCommand,
  type HashPasswordIo,
} from "../../cli/config_command.ts";
import { verifyPassword } from "../../base/passwords.ts";
import { load, loaded, type Machine, machine } from "../proxy/config/fixture.ts";

type Name = Parameters<typeof configCommand>[0];

async function config([name, ...args]: [Name, ...string[]], input: Machine = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await configCommand(name, args, {
    env: input.env ?? {},
    cwd: "/srv",
    system: machine(input),
    print: (text) => out.push(text),
    complain: (text) => err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

Deno.test("config check, says that a file is valid", async () => {
  assert.deepEqual(await config(["check"], { files: { "/srv/config.yaml": "listen: :1" } }), {
    code: 0,
    out: "valid (/srv/config.yaml, 10 registries)",
    err: "",
  });
  assert.match((await config(["check"])).out, /no file: flags, environment and defaults, 10 /);
  const env = { REGISTRY_HOST: "gcr.io", REPO_PREFIX: "acme" };
  assert.match((await config(["check"], { env })).out, /, 1 registry\)$/);
});

Deno.test("config check, exits with 2 and every problem", async () => {
  const files = { "/srv/b.yaml": "listen: x\nlog: { level: y }\n" };
  const { code, out, err } = await config(["check", "--config=b.yaml"], { files });
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.deepEqual(err.split("\n").map((line) => line.split(": ")[0]), [
    "b.yaml:1:9",
    "b.yaml:2:15",
  ]);
});

Deno.test("config print, tells each value, its origin, and no secret", async () => {
  const files = {
    "/srv/config.yaml": `
registries:
  own:
    url: https://o.example
    auth: { username: u, password: hunter2 }
  filed:
    url: https://f.example
    auth: { header_file: /run/h }
  quay: { enabled: false }
cache: { max_size: 500MB, memory: 1000 }
`,
    "/run/h": "Bearer hunter2",
  };
  const env = { BERTH_SHUTDOWN_GRACE: "90s" };
  const { code, out } = await config(["print", "--listen=:9"], { files, env });
  assert.equal(code, 0);
  assert.doesNotMatch(out, /hunter2/);
  for (
    const line of [
      "listen: :9 # flag --listen",
      "shutdown_grace: 1m30s # environment BERTH_SHUTDOWN_GRACE",
      "  max_size: 500MB # config.yaml:10:20",
      "  memory: 1000B # config.yaml:10:35",
      "  max_age: 60d # default",
      '      password: "********" # config.yaml:5:36',
      "      header_file: /run/h # config.yaml:8:26",
      "    enabled: false # config.yaml:9:20",
      "    aliases: [docker.io, index.docker.io] # built-in registry",
    ]
  ) assert.ok(out.split("\n").includes(line), `${line}\n\n${out}`);
  assert.doesNotMatch(out, /^ *header:|insecure_tls/m);
  assert.match((await config(["print", "--all"], { files, env })).out, /insecure_tls: false # def/);
});

Deno.test("config print, what it prints without secrets is a configuration again", async () => {
  const first = await config(["print"], { env: { BERTH_FORWARD_ALLOWED_HOSTS: "a.b,/c/" } });
  const again = await config(["print"], { files: { "/srv/config.yaml": first.out } });
  const values = (text: string) => text.replaceAll(/ # .*/g, "");
  assert.equal(values(again.out), values(first.out));
});

Deno.test("config print --json, for programs", async () => {
  const { code, out } = await config(["print", "--json", "--domain-suffix", "a.example"]);
  assert.equal(code, 0);
  const { file, config: tree, sources } = JSON.parse(out) as {
    file: null;
    config: { domain_suffix: string };
    sources: Record<string, string>;
  };
  assert.equal(file, null);
  assert.equal(tree.domain_suffix, "a.example");
  assert.equal(sources.domain_suffix, "flag --domain-suffix");
  assert.equal(sources.listen, "default");
});

Deno.test("config migrate, writes what comes to the same", async () => {
  const sources: Machine[] = [
    {},
    {
      env: {
        REGISTRIES: "gcr.io r.example",
        AUTH_REGISTRIES: "gcr.io:_json_key:a${b}c r.example:u:pw",
        ENABLE_MANIFEST_CACHE: "true",
        VERIFY_SSL: "false",
        CACHE_MAX_SIZE: "1000",
      },
    },
    { env: { REGISTRY_HOST: "gcr.io", REPO_PREFIX: "acme/prod", PORT: "80" } },
    {
      files: {
        "/srv/crm.yaml": "allowed_hosts: [docker.io, '.*[.]gcr[.]io']\nmitm: { enabled: true }\n",
        "/srv/pw": "secret",
      },
      env: {
        BERTH_CONFIG: "crm.yaml",
        BERTH_REGISTRIES_DOCKER_AUTH_USERNAME: "me",
        BERTH_REGISTRIES_DOCKER_AUTH_PASSWORD_FILE: "pw",
      },
    },
    {
      files: { "/srv/m.json": '{"own": "https://o.example"}' },
      env: { BERTH_REGISTRY_MAP: "m.json" },
    },
  ];
  for (const source of sources) {
    // In a container, where the dashboard's address does not turn on whether there is a file.
    const files = { ...source.files, "/.dockerenv": "" };
    const before = loaded(await load({ ...source, files: { ...files } })).config;
    const { code, out, err } = await config(["migrate"], { ...source, files });
    assert.equal(code, 0, err);
    assert.match(out, /^\/srv\/config\.yaml is written/);
    const after = loaded(await load({ files })).config;
    assert.deepEqual(after, before);
  }
});

Deno.test("config migrate, to standard output, and over nothing that is there", async () => {
  const input = {
    env: { ALLOW_PUSH: "1" },
    files: { "/srv/config.yaml": "log: { level: debug }" },
  };
  assert.deepEqual(await config(["migrate", "--output=-", "--path-names"], input), {
    code: 0,
    out: "# Written by berth config migrate.\npath_names: true # flag --path-names\n" +
      "allow_push: true # environment ALLOW_PUSH\nlog:\n  level: debug # config.yaml:1:15",
    err: "",
  });
  const refused = await config(["migrate"], input);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /config\.yaml already exists; --force replaces it/);
  assert.equal((await config(["migrate", "-force"], input)).code, 0);
  assert.match((await config(["migrate", "-o", "-"])).out, /^# Berth's defaults are all/);
});

/** A terminal or a pipe that gives `text`, a byte at a time. */
function input(text: string, terminal: boolean) {
  const bytes = [...new TextEncoder().encode(text)];
  const raw: boolean[] = [];
  const out: string[] = [];
  const err: string[] = [];
  const io: HashPasswordIo = {
    input: {
      isTerminal: () => terminal,
      setRaw: (mode) => raw.push(mode),
      read(buffer) {
        const next = bytes.shift();
        if (next === undefined) return Promise.resolve(null);
        buffer[0] = next;
        return Promise.resolve(1);
      },
    },
    print: (text) => out.push(text),
    complain: (text) => err.push(text),
    prompt: (text) => err.push(text),
  };
  return { io, raw, out, err };
}

Deno.test("hash-password, reads a pipe's first line", async () => {
  const { io, out, raw } = input("pass wörd\nmore", false);
  assert.equal(await hashPasswordCommand([], io), 0);
  assert.ok(await verifyPassword("pass wörd", out[0]!));
  assert.deepEqual(raw, []);
});

Deno.test("hash-password, on a terminal asks twice and shows nothing", async () => {
  const { io, out, err, raw } = input("secrex\u007ft\rsecret\r", true);
  assert.equal(await hashPasswordCommand([], io), 0);
  assert.ok(await verifyPassword("secret", out[0]!));
  assert.deepEqual(err, ["Password: ", "\n", "Again: ", "\n"]);
  assert.deepEqual(raw, [true, false, true, false]);
});

Deno.test("hash-password, refuses what differs, is missing or interrupted", async () => {
  for (
    const [text, terminal, message] of [
      ["one\rtwo\r", true, "the two passwords differ"],
      ["abc\u0003", true, "no password was given"],
      ["", false, "no password was given"],
      ["\n", false, "no password was given"],
    ] as const
  ) {
    const { io, out, err } = input(text, terminal);
    assert.equal(await hashPasswordCommand([], io), 1);
    assert.equal(err.at(-1), message);
    assert.deepEqual(out, []);
  }
});
