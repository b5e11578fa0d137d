/** Nothing that Berth says holds a secret: the whole program, busy, with every output searched. */
import assert from "node:assert/strict";
import { hash } from "bcryptjs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Berth, type Settings, startBerth } from "./e2e/harness/berth.ts";
import { freePort } from "./fake/ports.ts";
import { image, OCI_MANIFEST } from "./fake/content.ts";
import { fakeRegistry } from "./fake/registry.ts";
import { FAKE_KEYS, fakeS3 } from "./fake/s3.ts";

const app = image();

/** Every secret of a run, in all the forms in which it could show up. */
class Secrets {
  readonly #known = new Map<string, string>();

  make(name: string): string {
    const value = `S${name}-${crypto.randomUUID()}`;
    this.know(name, value);
    return value;
  }

  know(name: string, value: string): void {
    this.#known.set(value, name);
  }

  basic(user: string, password: string): string {
    const encoded = btoa(`${user}:${password}`);
    this.know(`${user}'s Basic`, encoded);
    return `Basic ${encoded}`;
  }

  /** Names of what `text` gives away. */
  in(text: string): string[] {
    return [...this.#known].filter(([value]) => text.includes(value)).map(([, name]) => name);
  }
}

interface Run {
  berth: Berth;
  /** Where each answer came from, and what it was: status, headers and body. */
  said: Map<string, string>;
  get(path: string, init?: RequestInit): Promise<void>;
}

async function withBerth(
  settings: Settings,
  test: (run: Run) => Promise<void>,
): Promise<Run["said"]> {
  await using berth = await startBerth({ log: { level: "debug" }, ...settings });
  const said = new Map<string, string>();
  const get = async (path: string, init: RequestInit = {}) => {
    const url = path.startsWith("http") ? path : berth.url + path;
    const response = await fetch(url, { redirect: "manual", ...init });
    const body = await response.text().catch(String);
    said.set(`${said.size} ${path}`, JSON.stringify([...response.headers]) + body);
  };
  await test({ berth, said, get });
  for (const words of [["config", "print"], ["config", "print", "--all"], ["config", "check"]]) {
    const { stdout, stderr } = await berth.command(...words);
    said.set(words.join(" "), new TextDecoder().decode(stdout) + stderr);
  }
  said.set("the log", await berth.output());
  await berth.stop();
  for (
    const file of [
      "stats.db",
      "stats.db-wal",
      "index.db",
      "index.db-wal",
      "audit.db",
      "audit.db-wal",
    ]
  ) {
    const bytes = await Deno.readFile(join(berth.cacheDir, file)).catch(() => new Uint8Array());
    said.set(file, new TextDecoder("latin1").decode(bytes));
  }
  return said;
}

/** Asks the dashboard's API for everything that it gives without a parameter. */
async function readDashboard({ get, said }: Run, base: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await get(`${base}/api/v1/openapi.json`, { headers });
  const described = [...said.values()].at(-1)!;
  const { paths } = JSON.parse(described.slice(described.indexOf("]{") + 1)) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const plain = Object.keys(paths).filter((path) =>
    paths[path]!["get"] && !/[{]|events/.test(path)
  );
  assert.ok(plain.length > 5, plain.join());
  for (const path of plain) await get(`${base}/api/v1${path}`, { headers });
  await get(`${base}/metrics`, { headers });
  for (const wrong of ["", `Bearer ${token}x`]) {
    await get(`${base}/api/v1/status`, { headers: wrong ? { authorization: wrong } : {} });
  }
}

function assertClean(said: Run["said"], secrets: Secrets): void {
  for (const [where, text] of said) assert.deepEqual(secrets.in(text), [], where);
  assert.ok(said.get("the log")!.includes("DEBUG"), "the log was searched at its most talkative");
}

Deno.test("secrets, of users, credentials and signed URLs: in no output of a busy proxy", async () => {
  const secrets = new Secrets();
  const robot = secrets.make("password");
  const header = `Bearer ${secrets.make("header")}`;
  const identity = secrets.make("identity");
  const ann = secrets.make("ann");
  const admin = secrets.make("admin");
  const hashes = { ann: await hash(ann, 4), admin: await hash(secrets.make("dash"), 4) };
  for (const [name, value] of Object.entries(hashes)) secrets.know(`${name}'s hash`, value);
  await using basic = await fakeRegistry({
    images: { "org/app:1": app },
    auth: { scheme: "basic", users: { robot } },
    redirect: { to: "cdn" },
  });
  await using bearer = await fakeRegistry({
    images: { "org/app:1": app },
    auth: { scheme: "bearer", identityTokens: { [identity]: "robot" }, anonymous: false },
  });
  await using fixed = await fakeRegistry({ images: { "org/app:1": app } });
  await using hostile = await fakeRegistry({
    images: { "org/app:1": app },
    auth: { scheme: "bearer", realm: "http://10.0.0.1/token", users: { robot } },
  });
  await using wrong = await fakeRegistry({ auth: { scheme: "basic", users: { robot: "other" } } });
  await using s3 = await fakeS3();
  secrets.know("the depot's key", FAKE_KEYS.secretAccessKey);
  const adminPort = freePort();
  await using hooks = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    return new Response("no", { status: 500 });
  });
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, robot);
  await Deno.chmod(file, 0o644);
  const said = await withBerth({
    default_registry: "basic",
    users: { ann: hashes.ann },
    admin: {
      listen: `127.0.0.1:${adminPort}`,
      password_hash: hashes.admin,
      tokens: { ci: `sha256:${createHash("sha256").update(admin).digest("hex")}` },
    },
    upstream: { retries: 0 },
    cache: {
      depot: {
        url: `s3://${s3.bucket}`,
        endpoint: s3.url,
        access_key_id: FAKE_KEYS.accessKeyId,
        secret_access_key: FAKE_KEYS.secretAccessKey,
        session_token: secrets.make("session token"),
      },
    },
    registries: {
      basic: { url: basic.url, auth: { username: "robot", password_file: file } },
      bearer: { url: bearer.url, auth: { identity_token: identity } },
      fixed: { url: fixed.url, auth: { header } },
      hostile: { url: hostile.url, auth: { username: "robot", password: robot } },
      wrong: { url: wrong.url, auth: { username: "robot", password: robot } },
    },
    path_names: true,
    webhooks: [{
      name: "ops",
      url: `http://127.0.0.1:${hooks.addr.port}/${secrets.make("hook")}`,
      secret: secrets.make("hook's secret"),
    }],
  }, async (run) => {
    const { get } = run;
    const right = { accept: OCI_MANIFEST, authorization: secrets.basic("ann", ann) };
    for (const registry of ["basic", "bearer", "fixed", "hostile", "wrong"]) {
      await get(`/v2/${registry}/org/app/manifests/1`, { headers: right });
      await get(`/v2/${registry}/org/app/tags/list`, { headers: right });
    }
    const blob = `/v2/basic/org/app/blobs/${app.blobs[1]!.digest}`;
    basic.fault({ server: "cdn", action: { kind: "answer", status: 500 } });
    for (let count = 0; count < 3; count++) await get(blob, { headers: right });
    s3.fault = () => ({ status: 403, code: "AccessDenied" });
    bearer.fault({ server: "token", action: { kind: "answer", status: 500 } });
    await get("/v2/bearer/org/app/manifests/2", { headers: right });
    const guess = secrets.make("guess");
    await get("/v2/", { headers: { authorization: secrets.basic("ann", guess) } });
    await get("/v2/", { headers: { authorization: secrets.basic(guess, ann) } });
    await get("/v2/", { headers: { authorization: `Bearer ${guess}` } });
    const parameters = ["token", "x-signature", "sig", "credential"];
    const query = parameters.map((name) => `${name}=${guess}`).join("&");
    await get(`/v2/basic/org/app/tags/list?${query}`, { headers: right });
    for (const path of ["/", "/help", "/readyz", "/nothing"]) await get(path);
    await readDashboard(run, `http://127.0.0.1:${adminPort}`, admin);
    for (const seen of basic.seen("GET", /data/, "cdn")) {
      secrets.know("a signed URL", seen.query.get("sig")!);
    }
    for (const { headers } of bearer.log) {
      const sent = headers.get("authorization");
      if (sent?.startsWith("Bearer token-")) secrets.know("a token", sent.slice(7));
    }
    assert.ok(s3.objects.size > 1, "the depot was in use");
    assert.ok(fixed.log.some(({ headers }) => headers.get("authorization") === header));
  });
  await Deno.remove(file);
  assert.match(said.get("the log")!, new RegExp(`${file} holds secrets and can be read by others`));
  assertClean(said, secrets);
});

Deno.test("secrets, of clients that sign in at their registry: in no output either", async () => {
  const secrets = new Secrets();
  const password = secrets.make("password");
  await using upstream = await fakeRegistry({
    images: { "org/app:1": app },
    auth: { scheme: "bearer", users: { ann: password }, private: ["org/app"] },
  });
  const said = await withBerth({
    default_registry: "hub",
    registries: { hub: { url: upstream.url, auth: { mode: "client" } } },
  }, async ({ get, berth }) => {
    const scope = "service=x&scope=repository:org/app:pull";
    const authorization = secrets.basic("ann", password);
    const answer = await fetch(`${berth.url}/token/hub?${scope}`, { headers: { authorization } });
    const { token } = await answer.json();
    secrets.know("the token", token);
    const headers = { accept: OCI_MANIFEST, authorization: `Bearer ${token}` };
    for (const reference of ["1", "2"]) {
      await get(`/v2/org/app/manifests/${reference}`, { headers });
    }
    const guess = secrets.make("guess");
    const wrong = { authorization: secrets.basic("ann", guess) };
    await get(`/token/hub?${scope}&password=${guess}`, { headers: wrong });
    await get("/v2/org/app/manifests/1", { headers: { authorization: `Bearer ${guess}` } });
    await get("/token/hub", {
      method: "POST",
      body: new URLSearchParams({ grant_type: "password", username: "ann", password: guess }),
    });
  });
  assertClean(said, secrets);
});

Deno.test("secrets, in a configuration that cannot be used: not in what is said of it", async () => {
  const secrets = new Secrets();
  const password = secrets.make("password");
  await using berth = await startBerth({ registries: {} });
  const broken: Record<string, string>[] = [
    { BERTH_REGISTRIES_OWN_URL: `https://robot:${password}@own.test` },
    { BERTH_ADMIN_PASSWORD_HASH: password },
    { BERTH_USERS: JSON.stringify({ ann: password }) },
    { BERTH_REGISTRIES_QUAY_AUTH_PASSWORD: password },
  ];
  for (const env of broken) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--unstable-no-legacy-abort", "-A", join(import.meta.dirname!, "../main.ts")],
      env: { ...env, BERTH_CACHE_DIR: berth.cacheDir },
      cwd: berth.cacheDir,
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 2, text);
    assert.deepEqual(secrets.in(text), [], text);
  }
});
