import assert from "node:assert/strict";
import { cachedPair, stored } from "../../fake/pair.ts";
import type { Cache } from "../../../cache/api.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { jwtExpiry, MemoryProofBook } from "../../../proxy/client_sign_in/proof_book.ts";
import type { Target } from "../../../proxy/names/target.ts";
import { FakeClock } from "../../fake/clock.ts";
import { fakeMemory } from "../../fake/memory.ts";
import { image, OCI_INDEX, OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy, type TestProxy } from "../../fake/proxy.ts";
import { type FakeRegistry, fakeRegistry } from "../../fake/registry.ts";

const MINUTE = 60_000;

function target(repository = "org/app", auth: Record<string, unknown> = {}): Target {
  const { registries } = configSchema.parse({
    registries: { hub: { url: "https://hub.test", auth: { mode: "client", ...auth } } },
  });
  const registry = { ...registries["hub"]!, name: "hub" };
  return { registry, repository, asked: repository, spelled: "", host: "", prefix: "", ns: "" };
}

function jwt(exp: number): string {
  return `h.${btoa(JSON.stringify({ exp: exp / 1000 })).replaceAll("=", "")}.s`;
}

Deno.test("MemoryProofBook, last as long as the token, five minutes at most, a minute where it does not say", async () => {
  const start = new FakeClock().now();
  const cases: [authorization: string, told: number | undefined, lasts: number][] = [
    ["Bearer opaque", undefined, MINUTE],
    ["Basic abc", undefined, MINUTE],
    ["Bearer opaque", start + 2 * MINUTE, 2 * MINUTE],
    ["Bearer opaque", start + 60 * MINUTE, 5 * MINUTE],
    [`Bearer ${jwt(start + 3 * MINUTE)}`, undefined, 3 * MINUTE],
    [`Bearer ${jwt(start + 3 * MINUTE)}`, start + 2 * MINUTE, 2 * MINUTE],
    [`Bearer ${jwt(start + 99 * MINUTE)}`, undefined, 5 * MINUTE],
  ];
  for (const [authorization, expires, lasts] of cases) {
    const clock = new FakeClock();
    const proofs = new MemoryProofBook(clock);
    const token = authorization.split(" ")[1]!;
    if (expires) proofs.remember({ registry: "hub", token, expires, anonymous: false });
    const proof = proofs.of(target(), authorization);
    assert.equal(proof.holds(), false);
    proof.confirm();
    await clock.advance(lasts - 1);
    assert.equal(proof.holds(), true, `${authorization} ${lasts}`);
    await clock.advance(1);
    assert.equal(proof.holds(), false, `${authorization} ${lasts}`);
  }
});

Deno.test("MemoryProofBook, are of one repository and one client, and end with a refusal", () => {
  const proofs = new MemoryProofBook(new FakeClock());
  const mine = proofs.of(target(), "Bearer mine");
  mine.confirm();
  assert.equal(proofs.of(target(), "bearer  mine").holds(), true);
  assert.equal(proofs.of(target(), "Bearer other").holds(), false);
  assert.equal(proofs.of(target(), "Basic mine").holds(), false);
  assert.equal(proofs.of(target(), undefined).holds(), false);
  assert.equal(proofs.of(target("org/other"), "Bearer mine").holds(), false);
  mine.forget();
  assert.equal(mine.holds(), false);
});

Deno.test("MemoryProofBook, what nobody had to sign in for is everybody's for five minutes", async () => {
  const clock = new FakeClock();
  const proofs = new MemoryProofBook(clock);
  proofs.of(target("org/open"), undefined).confirm();
  const expires = clock.now() + MINUTE;
  proofs.remember({ registry: "hub", token: "anybody's", expires, anonymous: true });
  proofs.of(target("org/free"), "Bearer anybody's").confirm();
  assert.equal(proofs.of(target("org/free"), "Bearer other").holds(), true);
  assert.equal(proofs.of(target("org/open"), "Bearer other").holds(), true);
  await clock.advance(5 * MINUTE);
  assert.equal(proofs.of(target("org/open"), undefined).holds(), false);
});

Deno.test("MemoryProofBook, offline: known keeps what was proven once", async () => {
  const clock = new FakeClock();
  const proofs = new MemoryProofBook(clock);
  for (const [offline, expected] of [["none", false], ["known", true]] as const) {
    const proof = proofs.of(target(offline, { offline }), "Bearer a");
    assert.equal(proof.holdsOffline(), false);
    proof.confirm();
    await clock.advance(6 * MINUTE);
    assert.deepEqual([proof.holds(), proof.holdsOffline()], [false, expected]);
    assert.equal(proofs.of(target(offline, { offline }), "Bearer b").holdsOffline(), false);
  }
});

Deno.test("jwtExpiry, seconds of a JWT's exp; nothing of anything else", () => {
  assert.equal(jwtExpiry(`Bearer ${jwt(5000)}`), 5000);
  for (const text of ["Bearer a.b.c", "Bearer opaque", "Basic a.b.c", "", "Bearer a.bnVsbA.c"]) {
    assert.equal(jwtExpiry(text), undefined, text);
  }
});

const app = image();
const secret = image({ seed: 5 });
const LAYER = secret.blobs[1]!;
const MANIFEST = `${OCI_INDEX}, ${OCI_MANIFEST}`;

interface Setup extends AsyncDisposable {
  upstream: FakeRegistry;
  proxy: TestProxy;
  cache: Cache;
  clock: FakeClock;
  token(user: string, repository: string): Promise<string>;
  /** Status and bytes. */
  get(path: string, token?: string, method?: string): Promise<[number, Uint8Array]>;
}

async function setup(settings: Record<string, unknown> = {}): Promise<Setup> {
  const clock = new FakeClock();
  const both = await cachedPair({
    registry: {
      images: { "org/open:1": app, "org/secret:1": secret, "eve/app:1": app },
      auth: {
        scheme: "bearer",
        users: { ann: "a", eve: "e" },
        private: ["org/secret"],
        now: clock.now,
      },
    },
    hub: { auth: { mode: "client" }, ...settings },
    others: (url) => ({ other: { url, aliases: ["other.test"] } }),
    parts: { now: clock.now },
  });
  const { proxy } = both;
  const asked: Pick<Setup, "token" | "get"> = {
    async token(user, repository) {
      const headers: HeadersInit = user
        ? { authorization: `Basic ${btoa(`${user}:${user[0]}`)}` }
        : {};
      const query = `service=x&scope=repository:${repository}:pull`;
      return (await (await proxy.get(`/token/hub?${query}`, { headers })).json()).token;
    },
    async get(path, token, method = "GET") {
      const headers: Record<string, string> = { accept: MANIFEST };
      if (token) headers["authorization"] = `Bearer ${token}`;
      const response = await proxy.get(path, { headers, method });
      const bytes = await response.bytes();
      await stored(both);
      return [response.status, bytes];
    },
  };
  return Object.assign(both, { clock, ...asked });
}

const SECRET = `/v2/org/secret/blobs/${LAYER.digest}`;

Deno.test("client mode, one proof is enough for a pull, and the next client needs its own", async () => {
  await using t = await setup();
  const ann = await t.token("ann", "org/secret");
  const paths = [
    `/v2/org/secret/manifests/${secret.root.digest}`,
    ...secret.blobs.map(({ digest }) => `/v2/org/secret/blobs/${digest}`),
  ];
  for (const path of paths) assert.equal((await t.get(path, ann))[0], 200);
  const before = t.upstream.log.length;
  for (const path of paths) {
    for (const method of ["GET", "HEAD"]) assert.equal((await t.get(path, ann, method))[0], 200);
  }
  assert.equal(t.upstream.log.length, before, "proven already");
  for (const stranger of [undefined, "stolen", await t.token("", "org/secret")]) {
    const [status, bytes] = await t.get(SECRET, stranger);
    assert.equal(status, 401);
    assert.ok(!Buffer.from(bytes).equals(LAYER.bytes));
  }
  await t.clock.advance(5 * MINUTE);
  assert.equal((await t.get(SECRET, ann))[0], 401, "the token has expired, and so has the proof");
});

Deno.test("client mode, proofs that are asked for at once are one request", async () => {
  await using t = await setup();
  const first = await t.token("ann", "org/secret");
  assert.equal((await t.get(SECRET, first))[0], 200);
  const ann = await t.token("ann", "org/secret");
  const heads = () => t.upstream.count("HEAD", /blobs/);
  const before = heads();
  const release = Promise.withResolvers<void>();
  t.upstream.fault({
    method: "HEAD",
    path: /blobs/,
    action: { kind: "stall", after: 0, until: release.promise },
  });
  const all = Array.from({ length: 5 }, () => t.get(SECRET, ann));
  release.resolve();
  for (const [status] of await Promise.all(all)) assert.equal(status, 200);
  assert.equal(heads(), before + 1);
});

Deno.test("client mode, who knows a private digest gets it by no other way", async () => {
  await using t = await setup();
  assert.equal((await t.get(SECRET, await t.token("ann", "org/secret")))[0], 200);
  const eve = await t.token("eve", "eve/app");
  const config = app.blobs[0]!.digest;
  assert.equal((await t.get(`/v2/eve/app/blobs/${config}`, eve))[0], 200);
  for (const method of ["GET", "HEAD"]) {
    assert.equal((await t.get(`/v2/eve/app/blobs/${LAYER.digest}`, eve, method))[0], 404);
    assert.equal((await t.get(`/v2/org/secret/blobs/${LAYER.digest}`, eve, method))[0], 401);
    assert.equal((await t.get(`/v2/other.test/eve/app/blobs/${LAYER.digest}`, "", method))[0], 404);
    const other = await t.get(`/v2/other.test/org/secret/blobs/${LAYER.digest}`, "", method);
    assert.equal(other[0], 403);
  }
});

Deno.test("client mode, a sign-in page is no proof, whoever asks for what", async () => {
  const page = { "content-type": "text/html", "content-length": "9" };
  const blob = `blobs/${LAYER.digest}`;
  const config = `blobs/${secret.blobs[0]!.digest}`;
  const manifest = `manifests/${secret.root.digest}`;
  for (const status of [200, 204, 206, 416]) {
    await using t = await setup();
    const ann = await t.token("ann", "org/secret");
    const paths = ["manifests/1", manifest, config, blob].map((path) => `/v2/org/secret/${path}`);
    for (const path of paths) assert.equal((await t.get(path, ann))[0], 200);
    const body = status === 204 ? "" : "<sign in>";
    const headers = status === 204 ? {} : page;
    const action = { kind: "answer" as const, status, body, headers };
    t.upstream.fault({ path: /manifests|blobs/, times: Infinity, action });
    const elsewhere = paths.map((path) => path.replace("org/secret", "eve/app"));
    for (const path of [...paths, ...elsewhere, ...paths]) {
      for (const method of ["HEAD", "GET"]) {
        for (const token of [undefined, "stolen"]) {
          const [answered] = await t.get(path, token, method);
          assert.ok(answered >= 400, `${status} ${method} ${path}: ${answered}`);
        }
      }
    }
    assert.equal((await t.get(SECRET, ann))[0], 200, "who has shown his credentials before");
  }
});

Deno.test("client mode, no proof, no bytes, also while upstream is down", async () => {
  for (const offline of ["none", "known"]) {
    await using t = await setup({
      auth: { mode: "client", offline },
      manifests: { ttl: "1s" },
    });
    const ann = await t.token("ann", "org/secret");
    const TAG = "/v2/org/secret/manifests/1";
    assert.equal((await t.get(TAG, ann))[0], 200);
    assert.equal((await t.get(SECRET, ann))[0], 200);
    t.upstream.fault({ path: /./, times: Infinity, action: { kind: "answer", status: 503 } });
    await t.clock.advance(4 * MINUTE);
    assert.equal((await t.get(SECRET, ann))[0], 200, "the proof still holds");
    assert.equal((await t.get(TAG, ann))[0], 200, "and the tag is served stale");
    await t.clock.advance(MINUTE);
    const expected = offline === "known" ? 200 : 503;
    assert.equal((await t.get(SECRET, ann))[0], expected, offline);
    assert.equal((await t.get(TAG, ann))[0], expected, offline);
    assert.equal((await t.get(SECRET, "other"))[0], 503);
    assert.equal((await t.get(TAG, "other"))[0], 503);
    assert.equal((await t.get(SECRET))[0], 503);
  }
});

Deno.test("client mode, /v2/ while the registry is away: what it said before", async () => {
  const down = { path: /./, times: Infinity, action: { kind: "answer", status: 503 } } as const;
  const basic = { auth: { scheme: "basic", users: { ann: "a" } } } as const;
  for (const [kind, bare, offline] of [[basic, 401, "known"], [{}, 200, "none"]] as const) {
    await using upstream = await fakeRegistry(kind);
    const clock = new FakeClock();
    await using proxy = await startProxy({
      default_registry: "hub",
      registries: { hub: { url: upstream.url, auth: { mode: "client", offline } } },
      upstream: { retries: 0 },
    }, { now: clock.now });
    const ping = async (login?: string) => {
      const headers: HeadersInit = login ? { authorization: `Basic ${btoa(login)}` } : {};
      const response = await proxy.get("/v2/", { headers });
      await response.body?.cancel();
      return [response.status, response.headers.get("www-authenticate")];
    };
    const [right, wrong] = ["ann:a", "ann:b"];
    const before = await ping();
    assert.equal(before[0], bare);
    assert.equal((await ping(right))[0], 200);
    upstream.fault(down);
    assert.deepEqual(await ping(), before);
    assert.equal((await ping(right))[0], 200);
    assert.equal((await ping(wrong))[0], bare === 401 ? 503 : 200);
    await clock.advance(6 * MINUTE);
    assert.equal((await ping(right))[0], offline === "known" ? 200 : 503);
  }
});

Deno.test("client mode, a public repository is served to everybody, for a while", async () => {
  await using t = await setup({ manifests: { ttl: "1h" } });
  const path = `/v2/org/open/blobs/${app.blobs[1]!.digest}`;
  assert.equal((await t.get(path))[0], 401, "the registry wants a token, even an anonymous one");
  const anybody = await t.token("", "org/open");
  assert.equal((await t.get(path, anybody))[0], 200);
  const before = t.upstream.log.length;
  assert.equal((await t.get(path))[0], 200);
  assert.equal((await t.get(path, "whatever"))[0], 200);
  assert.equal(t.upstream.log.length, before);
  await t.clock.advance(5 * MINUTE);
  assert.equal((await t.get(path))[0], 401);
});

Deno.test("client mode, a tag with a ttl is served to who has a proof, and to nobody else", async () => {
  await using t = await setup({ manifests: { ttl: "1h" } });
  const path = "/v2/org/secret/manifests/1";
  const ann = await t.token("ann", "org/secret");
  assert.equal((await t.get(path, ann))[0], 200);
  const before = t.upstream.log.length;
  assert.equal((await t.get(path, ann))[0], 200);
  assert.equal((await t.get(path, ann, "HEAD"))[0], 200);
  assert.equal(t.upstream.log.length, before);
  assert.equal((await t.get(path, "other"))[0], 401);
  assert.equal((await t.get(path))[0], 401);
});

Deno.test("client mode, another account's 404 is not mine, nor the other way round", async () => {
  await using t = await setup();
  const ann = await t.token("ann", "org/secret");
  const path = "/v2/org/secret/manifests/later";
  assert.equal((await t.get(path, ann))[0], 404);
  assert.equal((await t.get(path, "other"))[0], 401);
});

Deno.test("MemoryProofBook, what one Berth of a cluster was shown is good at the others, for as long", async () => {
  const clock = new FakeClock();
  const memory = fakeMemory();
  const [one, two] = [1, 2].map(() => new MemoryProofBook({ now: () => clock.now(), memory })) as [
    MemoryProofBook,
    MemoryProofBook,
  ];
  const at = (book: MemoryProofBook, authorization?: string, repository?: string) =>
    book.of(target(repository), authorization);
  at(one, "Bearer mine").confirm();
  at(one, undefined, "org/open").confirm();
  const here = at(two, "bearer mine");
  assert.equal(here.holds(), false);
  memory.away = true;
  await here.recall();
  assert.equal(here.holds(), false, "nobody can tell");
  memory.away = false;
  await here.recall();
  assert.equal(here.holds(), true);
  for (const [authorization, repository] of [["Bearer other"], [], ["Bearer mine", "org/x"]]) {
    const other = at(two, authorization, repository);
    await other.recall();
    assert.equal(other.holds(), false);
  }
  const open = at(two, "Bearer other", "org/open");
  await open.recall();
  assert.equal(open.holds(), true, "open to everybody");

  // Another one has been told of it before the registry refused it here.
  memory.away = true;
  here.forget();
  memory.away = false;
  await here.recall();
  assert.equal(here.holds(), false, "refused");
  await clock.advance(1);
  at(one, "Bearer mine").confirm();
  await here.recall();
  assert.equal(here.holds(), true, "shown again");
  here.forget();
  const third = new MemoryProofBook({ now: () => clock.now(), memory }).of(target(), "Bearer mine");
  await third.recall();
  assert.equal(third.holds(), false, "gone everywhere");

  at(one, "Bearer mine").confirm();
  await clock.advance(60_000);
  await third.recall();
  assert.equal(third.holds(), false, "its minute is over");
});

Deno.test("MemoryProofBook, offline: known is a week for all, and no more where it came late", async () => {
  const day = 86_400_000;
  const clock = new FakeClock();
  const memory = fakeMemory();
  const book = () => new MemoryProofBook({ now: () => clock.now(), memory });
  const known = target("org/known", { offline: "known" });
  book().of(known, "Bearer a").confirm();
  assert.equal([...memory.kept.values()][0]!.life, 7 * day);
  await clock.advance(6 * day);
  const proof = book().of(known, "Bearer a");
  await proof.recall();
  assert.deepEqual([proof.holds(), proof.holdsOffline()], [false, true]);
  await clock.advance(day + 1);
  assert.equal(proof.holdsOffline(), false);
});
