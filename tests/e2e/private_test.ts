/** Two users with different rights: each pulls exactly his own, by Berth's rules or the registry's. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { NOBODY } from "./harness/account.ts";
import { type Berth, registrySettings, startBerth } from "./harness/berth.ts";
import { startDocker } from "./harness/docker.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";
import { freePort } from "../fake/ports.ts";

/** Who may pull what; the first of each is his own, the second is not. */
const RIGHTS = {
  ann: ["quay.io/team/app", "ghcr.io/team/app"],
  bob: ["ghcr.io/team/app", "quay.io/team/app"],
} as const;

type User = keyof typeof RIGHTS;

interface House extends AsyncDisposable {
  berth: Berth;
  image: Image;
  /** `http://…` of the dashboard. */
  dashboard: string;
}

const password = (user: User) => `${user}'s-own`;

/** Berth with ann and bob before a registry behind htpasswd and one behind a token server. */
async function startHouse(): Promise<House> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDir("private"));
  const image = await buildImage(join(scratch.path, "image"), 2_000_000);
  const quay = stack.use(await startRegistry({ kind: "htpasswd" }));
  const ghcr = stack.use(await startRegistry({ kind: "token" }));
  for (const registry of [quay, ghcr]) await seed(registry, "team/app", image);
  const people = join(scratch.path, "people");
  const lines = await Promise.all(
    (["ann", "bob"] as const).map((user) => run("htpasswd", ["-nbB", user, password(user)])),
  );
  await Deno.writeTextFile(people, lines.join(""));
  if (Deno.uid() === 0) await Deno.chown(scratch.path, NOBODY.uid, NOBODY.gid);
  const port = freePort();
  const berth = stack.use(
    await startBerth({
      admin: { listen: `127.0.0.1:${port}`, auth: "none" },
      registries: {
        quay: registrySettings(quay, { access: { users: ["ann"] } }),
        ghcr: registrySettings(ghcr),
      },
      htpasswd_file: people,
      access: [
        { users: ["ann"], repositories: ["quay/**"] },
        { users: ["bob"], repositories: ["*/team/*"] },
        { users: ["ann"], repositories: ["ghcr/other/**"] },
      ],
    }),
  );
  const dashboard = `http://localhost:${port}`;
  const owned = stack.move();
  return { berth, image, dashboard, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Pulls as `user`, or as nobody. */
type Pull = (
  house: Pick<House, "berth" | "image">,
  repository: string,
  user?: User,
) => Promise<void>;

const CLIENTS: Record<string, Pull> = {
  async skopeo({ berth, image }, repository, user) {
    await using scratch = await scratchDir("pulled");
    const flags = user ? ["--src-creds", `${user}:${password(user)}`] : [];
    await skopeoPull(`${berth.host}/${repository}:${image.tag}`, scratch.path, flags);
    assert.deepEqual(await layoutDigests(scratch.path), image.digests);
  },
  async docker({ berth, image }, repository, user) {
    await using docker = await startDocker();
    if (user) await docker.docker("login", "-u", user, "-p", password(user), berth.host);
    const name = `${berth.host}/${repository}:${image.tag}`;
    await docker.docker("pull", "--quiet", name);
    await docker.holds(name, image.platforms.amd64);
  },
};

const REFUSED = /unauthorized|authentication required|no basic auth|denied|forbidden/i;

for (const [client, pull] of Object.entries(CLIENTS)) {
  Deno.test(`${client}, two users each pull their own and nothing of the other's`, async () => {
    await using house = await startHouse();
    for (const user of ["ann", "bob"] as const) {
      const [own, other] = RIGHTS[user];
      await assert.rejects(pull(house, own), REFUSED, "without a sign-in");
      await assert.rejects(pull(house, other, user), REFUSED, "before it is in the cache");
      await pull(house, own, user);
    }
    for (const user of ["ann", "bob"] as const) {
      const [own, other] = RIGHTS[user];
      await assert.rejects(pull(house, other, user), REFUSED, "although it is in the cache");
      await assert.rejects(pull(house, own), REFUSED, "although it is in the cache");
    }
    await assertShown(house);
  });
}

for (const [client, pull] of Object.entries(CLIENTS)) {
  Deno.test(`${client}, two accounts of one registry, each with its own proof (client mode)`, async () => {
    await using scratch = await scratchDir("accounts");
    const image = await buildImage(join(scratch.path, "image"), 2_000_000);
    const guests = (["ann", "bob"] as const).map((username) => ({
      username,
      password: password(username),
      repositories: [`team/${username}`],
    }));
    await using registry = await startRegistry({ kind: "token", guests });
    for (const { username } of guests) await seed(registry, `team/${username}`, image);
    const quay = { url: registry.url, auth: { mode: "client" } };
    await using berth = await startBerth({ registries: { quay }, default_registry: "quay" });
    const house = { berth, image };
    for (const user of ["ann", "bob"] as const) await pull(house, `team/${user}`, user);
    await assert.rejects(pull(house, "team/ann", "bob"), REFUSED);
    await assert.rejects(pull(house, "team/bob", "ann"), REFUSED);
    await assert.rejects(pull(house, "team/bob"), REFUSED);
  });
}

Deno.test("docker login, a wrong password is refused and told to the log", async () => {
  await using house = await startHouse();
  await using docker = await startDocker();
  const login = (word: string) => docker.docker("login", "-u", "ann", "-p", word, house.berth.host);
  await assert.rejects(login("a-guess"), REFUSED);
  const log = await house.berth.output();
  assert.match(log, /127\.0\.0\.1: sign-in as ann failed/);
  assert.doesNotMatch(log, /a-guess/);
  await login(password("ann"));
});

/** The dashboard's activity shows who was denied what. */
async function assertShown({ dashboard }: House): Promise<void> {
  const response = await fetch(`${dashboard}/api/v1/activity?refused=true&limit=100`);
  const { items } = await response.json() as {
    items: { status: number; user: string; registry: string; repository: string }[];
  };
  const denied = items.filter(({ status }) => status === 403)
    .map(({ user, registry, repository }) => `${user} ${registry}/${repository}`);
  assert.deepEqual([...new Set(denied)].sort(), ["ann ghcr/team/app", "bob quay/team/app"]);
  assert.ok(items.some(({ status, user }) => status === 401 && user === ""));
}
