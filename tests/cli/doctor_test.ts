import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { doctor } from "../../cli/doctor/doctor.ts";
import type { Finding } from "../../cli/doctor/finding.ts";
import { fileLimit, proxyVariables } from "../../cli/doctor/surroundings.ts";
import { makePlaceholder } from "../../proxy/acme/placeholder.ts";
import { cheapHash } from "../fake/admin.ts";
import { testCertificate } from "../fake/cert.ts";
import { freePort } from "../fake/ports.ts";
import { fakeRegistry } from "../fake/registry.ts";

const BUILT_IN = ["ghcr", "quay", "gcr", "k8s", "ecr", "mcr", "elastic", "nvcr", "gitlab"];

async function tempDir(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "berth-doctor-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

interface Patient {
  dir: string;
  /** Of the registry `docker`; without one nothing is asked. */
  url?: string;
  settings?: Record<string, unknown>;
  docker?: Record<string, unknown>;
  env?: Record<string, string>;
  now?: () => number;
  args?: string[];
}

/** Runs `berth doctor` with a configuration in which only `docker` is turned on. */
async function examine(
  { dir, url, settings = {}, docker = {}, env = {}, now = Date.now, args = [] }: Patient,
) {
  const registries = Object.fromEntries(BUILT_IN.map((name) => [name, { enabled: false }]));
  await Deno.writeTextFile(
    join(dir, "config.yaml"),
    JSON.stringify({
      listen: `127.0.0.1:${freePort()}`,
      admin: { listen: `127.0.0.1:${freePort()}` },
      cache: { dir: join(dir, "data"), min_free: "1MiB", max_size: "1MiB" },
      ...settings,
      registries: {
        ...registries,
        docker: url ? { url, ...docker } : { url: "http://127.0.0.1:1", offline: true },
      },
    }),
  );
  const out: string[] = [];
  const code = await doctor(args, {
    env,
    cwd: dir,
    now,
    print: (line) => void out.push(line),
    complain: (line) => assert.fail(line),
  });
  return { code, out: out.join("\n") };
}

async function findings(patient: Patient): Promise<{ code: number; of: (key: string) => Finding }> {
  const { code, out } = await examine({ ...patient, args: ["--json"] });
  const all = JSON.parse(out) as Finding[];
  const of = (key: string) => {
    const found = all.filter(({ check }) => check === key);
    const worst = found.find(({ result }) => result !== "ok") ?? found[0];
    return worst ?? assert.fail(`no finding on ${key}: ${out}`);
  };
  return { code, of };
}

Deno.test("berth doctor, all is well; nothing is written, and no quota is used", async () => {
  await using dir = await tempDir();
  await using upstream = await fakeRegistry();
  const { code, out } = await examine({ dir: dir.path, url: upstream.url });
  assert.equal(code, 0, out);
  for (
    const line of [
      /^ok +configuration +valid \(.*config\.yaml\)$/m,
      /^ok +listen +127\.0\.0\.1:\d+ is free$/m,
      /^ok +admin\.listen +127\.0\.0\.1:\d+ is free$/m,
      /^ok +cache\.dir +.*data is made at startup$/m,
      /^ok +docker +Reachable.* \(\d+ ms\)$/m,
      /^ok +clock +as docker has it$/m,
      /^\d+ checks/m,
    ]
  ) assert.match(out, line);
  assert.deepEqual([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["config.yaml"]);
  assert.deepEqual([...new Set(upstream.log.map(({ path }) => path))], ["/v2/"]);
});

Deno.test("berth doctor, a configuration with mistakes is all that is looked at", async () => {
  await using dir = await tempDir();
  const { code, of } = await findings({ dir: dir.path, settings: { lisen: ":1" } });
  assert.equal(code, 1);
  assert.equal(of("configuration").result, "problem");
  assert.match(of("configuration").text, /lisen.*did you mean listen\?/);
});

Deno.test("berth doctor, ports: Berth's own answer, and somebody else's", async () => {
  await using dir = await tempDir();
  for (
    const [body, result, text] of [
      ['{"status":"ok"}', "ok", /Berth answers on/],
      ["hello", "problem", /is in use by something else/],
    ] as const
  ) {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(body),
    );
    const listen = `127.0.0.1:${server.addr.port}`;
    const { code, of } = await findings({ dir: dir.path, settings: { listen } });
    assert.equal(of("listen").result, result);
    assert.match(of("listen").text, text);
    assert.equal(code, result === "ok" ? 0 : 1);
  }
});

Deno.test("berth doctor, the disk: no directory, no room, more than it has", async () => {
  await using dir = await tempDir();
  const file = join(dir.path, "file");
  await Deno.writeTextFile(file, "");
  const room = { max_size: "1MiB", min_free: "1MiB" };
  const table: [Record<string, string>, string, Finding["result"], RegExp][] = [
    [{ ...room, dir: file }, "cache.dir", "problem", /cannot be used: it is not a directory/],
    [{ ...room, dir: join(file, "x") }, "cache.dir", "problem", /cannot be used/],
    [{ ...room, dir: dir.path, min_free: "900TiB" }, "disk", "problem", /nothing new is kept/],
    [{ ...room, dir: dir.path, max_size: "900TiB" }, "disk", "warning", /more than the disk has/],
    [{ dir: "" }, "cache.dir", "ok", /nothing is kept/],
  ];
  for (const [cache, key, result, text] of table) {
    const { code, of } = await findings({ dir: dir.path, settings: { cache } });
    assert.equal(of(key).result, result, JSON.stringify(cache));
    assert.match(of(key).text, text);
    assert.equal(code, result === "problem" ? 1 : 0);
  }
});

Deno.test("berth doctor, a registry that is away, one with a wrong password, one set to offline", async () => {
  await using dir = await tempDir();
  const away = await findings({ dir: dir.path, url: `http://127.0.0.1:${freePort()}` });
  assert.equal(away.code, 1);
  assert.match(away.of("docker").text, /^Connect to port \d+: The connection was refused/);
  assert.match(away.of("docker").next, /firewall/);
  await using upstream = await fakeRegistry({ auth: { scheme: "basic", users: { ann: "right" } } });
  const auth = { mode: "proxy", username: "ann", password: "wrong" };
  const refused = await findings({ dir: dir.path, url: upstream.url, docker: { auth } });
  assert.equal(refused.of("docker").result, "problem");
  assert.match(refused.of("docker").text, /^Sign in: /);
  assert.match(refused.of("docker").next, /registries\.docker\.auth/);
  assert.doesNotMatch(JSON.stringify(refused.of("docker")), /wrong/);
  const offline = await findings({ dir: dir.path });
  assert.deepEqual(offline.of("docker"), {
    check: "docker",
    result: "ok",
    text: "set to offline: not contacted",
    next: "",
  });
});

Deno.test("berth doctor, a clock that is wrong", async () => {
  await using dir = await tempDir();
  await using upstream = await fakeRegistry();
  for (
    const [minutes, result, text] of [
      [2, "warning", /ahead of docker$/],
      [-60, "problem", /behind of docker$|behind docker$/],
    ] as const
  ) {
    const now = () => Date.now() + minutes * 60_000;
    const { of } = await findings({ dir: dir.path, url: upstream.url, now });
    assert.equal(of("clock").result, result);
    assert.match(of("clock").text, text);
  }
});

Deno.test("berth doctor, certificates: term, key and names", async () => {
  await using dir = await tempDir();
  const [own, other] = await Promise.all([testCertificate(["berth.example"]), testCertificate()]);
  const file = (name: string) => join(dir.path, name);
  await Deno.writeTextFile(file("tls.crt"), own.cert);
  await Deno.writeTextFile(file("tls.key"), own.key);
  await Deno.writeTextFile(file("other.key"), other.key);
  await Deno.writeTextFile(file("empty.crt"), "nothing");
  await Deno.writeTextFile(file("both.pem"), `${own.cert}\n${own.key}`);
  const day = 86400e3;
  const table: [cert: string, key: string, url: string, days: number, RegExp][] = [
    ["tls.crt", "tls.key", "https://berth.example", 0, /^warning expires on .*, in /],
    ["tls.crt", "tls.key", "https://berth.example", 2, /^problem expired on /],
    ["tls.crt", "tls.key", "https://berth.example", -2, /^problem not valid before /],
    ["tls.crt", "tls.key", "https://else.example", 0, /^warning does not name else\.example$/],
    ["tls.crt", "other.key", "", 0, /^problem .*other\.key is not the key of .*tls\.crt$/],
    ["empty.crt", "tls.key", "", 0, /^problem .*empty\.crt/],
    ["both.pem", "both.pem", "https://berth.example", 0, /^warning expires on .*, in /],
  ];
  for (const [cert, key, public_url, days, text] of table) {
    const tls = { cert_file: file(cert), key_file: file(key) };
    const { of } = await findings({
      dir: dir.path,
      settings: { tls, public_url },
      now: () => Date.now() + days * day,
    });
    const { result, text: said } = of("tls.cert_file");
    assert.match(`${result} ${said}`, text);
  }
});

Deno.test("berth doctor, a certificate by ACME: not issued yet, and issued", async () => {
  await using dir = await tempDir();
  const acme = {
    domains: ["berth.example"],
    directory: "https://acme.example/dir",
    http_listen: ":8999",
  };
  const settings = { tls: { acme } };
  const yet = async () => (await findings({ dir: dir.path, settings })).of("tls.acme");
  assert.deepEqual([(await yet()).result, (await yet()).text], [
    "warning",
    "no certificate has been issued yet",
  ]);
  const file = join(dir.path, "data/acme/acme.example.pem");
  await Deno.mkdir(dirname(file), { recursive: true });
  const placeholder = await makePlaceholder(["berth.example"], Date.now());
  await Deno.writeTextFile(file, `${placeholder.cert}\n${placeholder.key}\n`);
  assert.equal((await yet()).result, "warning");
  const { cert, key } = await testCertificate(["berth.example"]);
  await Deno.writeTextFile(file, `${cert}\n${key}\n`);
  const { of } = await findings({ dir: dir.path, settings });
  assert.match(of("tls.cert_file").text, /^expires on /);
});

Deno.test("berth doctor, a coordinator and a depot that are away", async () => {
  await using dir = await tempDir();
  const { code, of } = await findings({
    dir: dir.path,
    settings: {
      admin: { listen: "", password_hash: cheapHash("x") },
      cluster: { url: `redis://127.0.0.1:${freePort()}/0`, secret: "long-enough-for-a-secret" },
      cache: {
        dir: join(dir.path, "data"),
        min_free: "1MiB",
        max_size: "1MiB",
        depot: { url: `file://${dir.path}/none` },
      },
    },
  });
  assert.equal(code, 1);
  assert.equal(of("cluster.url").result, "problem");
  assert.match(of("cluster.url").text, /^the coordinator at 127\.0\.0\.1: /);
  assert.equal(of("cache.depot.url").result, "problem");
});

Deno.test("proxyVariables, as registries are reached by them, without passwords", () => {
  const table: [Record<string, string>, string[]][] = [
    [{}, []],
    [{ HTTPS_PROXY: "http://user:secret@p:3128", NO_PROXY: "corp" }, [
      "ok https_proxy: registries are reached through http://***@p:3128",
      "ok no_proxy: except for corp",
    ]],
    [{ http_proxy: "p:1", HTTP_PROXY: "q:1" }, [
      "warning http_proxy: http_proxy and HTTP_PROXY differ",
    ]],
    [{ all_proxy: "http://" }, ["problem all_proxy: http:// is not a URL"]],
  ];
  for (const [env, lines] of table) {
    const said = proxyVariables(env).map(({ result, check, text }) =>
      `${result} ${check}: ${text}`
    );
    assert.doesNotMatch(said.join(), /secret/);
    assert.deepEqual(said.map((line) => line.replace(/:\/\/[^@/]*@/, "://***@")), lines);
  }
});

Deno.test("fileLimit, warns where it is low, and says nothing where the system does not", async () => {
  const limits = (soft: string) => () =>
    Promise.resolve(
      `Limit   Soft Limit  Hard Limit  Units\nMax open files   ${soft}   9999   files\n`,
    );
  const resultOf = async (read: (file: string) => Promise<string>) =>
    (await fileLimit(read)).map(({ result, text }) => `${result}: ${text}`);
  assert.deepEqual(await resultOf(limits("65536")), ["ok: 65536 at most"]);
  assert.deepEqual(await resultOf(limits("unlimited")), ["ok: unlimited at most"]);
  assert.match((await resultOf(limits("1024")))[0]!, /^warning: 1024 at most/);
  assert.deepEqual(await resultOf(() => Promise.reject(new Error("none"))), []);
});
