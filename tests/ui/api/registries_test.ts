import assert from "node:assert/strict";
import { join } from "node:path";
import type { Problem } from "../../../ui/api/schema.ts";
import type { Preview, RegistryList, RegistryView } from "../../../ui/api/schema/registries.ts";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";
import { record } from "../../fake/records.ts";

const FILE = `# our registries
registries:
  internal: # the one in the cellar
    url: https://registry.internal.example.com
    auth:
      username: robot
      password: hunter2 # rotate in May
`;

async function json<T>(response: Response | Promise<Response>, status = 200): Promise<T> {
  const answer = await response;
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return JSON.parse(text) as T;
}

const text = ({ dir }: AdminFixture) => Deno.readTextFile(join(dir, "config.yaml"));

Deno.test("registries, the map with addresses, figures and no secrets", async () => {
  await using admin = await adminFixture(FILE + "domain_suffix: berth.example\n");
  admin.stats.sink(record({ registry: "internal", time: admin.clock.now }));
  const list = await json<RegistryList>(admin.call("/registries"));
  assert.equal(list.file, join(admin.dir, "config.yaml"));
  assert.equal(list.writable, true);
  assert.match(list.revision, /^[0-9a-f]{16}$/);
  assert.doesNotMatch(JSON.stringify(list), /hunter2/);

  const docker = list.items.find(({ name }) => name === "docker")!;
  assert.deepEqual([docker.origin.kind, docker.isDefault, docker.editable], [
    "built-in",
    true,
    true,
  ]);
  assert.equal(docker.settings.url, "https://registry-1.docker.io");
  const internal = list.items.find(({ name }) => name === "internal")!;
  assert.deepEqual(internal.settings, {
    url: "https://registry.internal.example.com",
    auth: { username: "robot" },
  });
  assert.deepEqual(internal.secrets, ["auth.password"]);
  assert.equal(internal.counters.requests, 1);
  assert.equal(internal.health.state, "idle");
  assert.deepEqual(internal.addresses.map(({ kind, text }) => `${kind} ${text}`), [
    "ns ?ns=registry.internal.example.com",
    "host internal.berth.example:8080",
    "prefix berth.example:8080/internal/v2/…",
    "path berth.example:8080/registry.internal.example.com/…",
  ]);
  const one = await json<RegistryView>(admin.call("/registries/internal"));
  assert.deepEqual(one, internal);
  await json(admin.call("/registries/nowhere"), 404);
});

Deno.test("registries, a change keeps comments, order and the secrets that it leaves out", async () => {
  await using admin = await adminFixture(FILE);
  const { revision } = await json<RegistryList>(admin.call("/registries"));
  const changed = await json<RegistryView>(admin.call("/registries/internal", {
    method: "PUT",
    headers: { "if-match": `"${revision}"` },
    body: {
      name: "internal",
      settings: {
        url: "https://registry.internal.example.com:5000",
        auth: { username: "robot" },
      },
    },
  }));
  assert.equal(changed.settings.url, "https://registry.internal.example.com:5000");
  const [path] = changed.addresses.filter(({ kind }) => kind === "path");
  assert.equal(path?.text, "berth.example:8080/registry.internal.example.com/…");
  assert.deepEqual(changed.secrets, ["auth.password"]);
  assert.equal(await text(admin), FILE.replace("example.com", "example.com:5000"));
  assert.equal(admin.live.current.registries.internal?.auth.password, "hunter2");
});

Deno.test("registries, add and remove one; the file is as before", async () => {
  await using admin = await adminFixture(FILE);
  const body = { name: "lab", settings: { url: "https://lab.example.com" } };
  const added = await json<RegistryView>(admin.call("/registries", { body }));
  assert.equal(added.name, "lab");
  assert.ok(admin.live.current.registries.lab);
  const again = await json<Problem>(admin.call("/registries", { body }), 422);
  assert.deepEqual(again.fields, [{ path: "name", message: "there is already a registry lab" }]);
  const removed = await admin.call("/registries/lab", { method: "DELETE" });
  assert.equal(removed.status, 204);
  assert.equal(await text(admin), FILE);
  await json(admin.call("/registries/lab", { method: "DELETE" }), 404);
});

Deno.test("registries, a file that changed underneath is a 409 and nothing is lost", async () => {
  await using admin = await adminFixture(FILE);
  const { revision } = await json<RegistryList>(admin.call("/registries"));
  const theirs = FILE + "log: { level: debug } # somebody else\n";
  await Deno.writeTextFile(join(admin.dir, "config.yaml"), theirs);
  const problem = await json<Problem>(
    admin.call("/registries", {
      headers: { "if-match": `"${revision}"` },
      body: { name: "lab", settings: { url: "https://lab.example.com" } },
    }),
    409,
  );
  assert.equal(problem.type, "/problems/changed-underneath");
  assert.equal(await text(admin), theirs);
});

Deno.test("registries, what is not valid is told by field and not written", async () => {
  await using admin = await adminFixture(FILE);
  const settings = { url: "ftp://x", auth: { mode: "client", username: "x" } };
  const problem = await json<Problem>(
    admin.call("/registries", { body: { name: "Bad Name", settings } }),
    422,
  );
  assert.equal(problem.fields?.[0]?.path, "name");
  const invalid = await json<Problem>(
    admin.call("/registries", { body: { name: "bad", settings } }),
    422,
  );
  assert.equal(invalid.fields?.[0]?.path, "url");
  assert.match(invalid.fields![0]!.message, /expected a URL/);
  const renamed = await json<Problem>(
    admin.call("/registries/internal", { method: "PUT", body: { name: "other", settings } }),
    422,
  );
  assert.match(renamed.title, /renamed/);
  const inUse = await json<Problem>(admin.call("/registries/docker", { method: "DELETE" }), 422);
  assert.equal(inUse.fields?.[0]?.path, "default_registry");
  assert.equal(await text(admin), FILE);
});

Deno.test("registries, what the environment says is shown and refused", async () => {
  await using admin = await adminFixture(FILE, {
    BERTH_REGISTRIES_INTERNAL_URL: "https://from-env.example.com",
  });
  const view = await json<RegistryView>(admin.call("/registries/internal"));
  assert.equal(view.editable, false);
  assert.match(view.readOnlyReason, /BERTH_REGISTRIES_INTERNAL_URL/);
  assert.deepEqual(view.overrides.map(({ path }) => path), ["url"]);
  const problem = await json<Problem>(
    admin.call("/registries/internal", {
      method: "PUT",
      body: { name: "internal", settings: { url: "https://mine.example.com" } },
    }),
    409,
  );
  assert.equal(problem.type, "/problems/read-only");
  assert.equal(await text(admin), FILE);
});

Deno.test("registries, a file that cannot be written is a 409 in words", async () => {
  await using admin = await adminFixture(FILE);
  const file = join(admin.dir, "config.yaml");
  await Deno.remove(file);
  await Deno.mkdir(file);
  const response = await admin.call("/registries", {
    body: { name: "lab", settings: { url: "https://lab.example.com" } },
  });
  const problem = await json<Problem>(response, 409);
  assert.equal(problem.type, "/problems/not-writable");
  assert.match(problem.detail!, /config\.yaml/);
});

Deno.test("preview, the diff with secrets masked, or what is wrong; nothing is written", async () => {
  await using admin = await adminFixture(FILE);
  const preview = (body: unknown) => json<Preview>(admin.call("/registries/preview", { body }));
  const settings = { url: "https://lab.example.com", auth: { username: "x", password: "s3cret" } };
  const good = await preview({ name: "lab", settings, create: true });
  assert.deepEqual(good.fields, []);
  assert.match(JSON.stringify(good.diff), /lab\.example\.com/);
  assert.doesNotMatch(JSON.stringify(good), /s3cret|hunter2/);
  const removal = await preview({ name: "internal", settings: null });
  assert.ok(removal.diff.some(({ kind }) => kind === "remove"));
  const bad = await preview({ name: "internal", settings, create: true });
  assert.equal(bad.fields[0]?.path, "name");
  const worse = await preview({ name: "lab", settings: { url: "nonsense" }, create: true });
  assert.equal(worse.fields[0]?.path, "url");
  assert.equal(await text(admin), FILE);
});

Deno.test("test, probes what would be, with the secrets that are kept", async () => {
  await using admin = await adminFixture(FILE);
  const settings = { url: "https://new.example.com", auth: { username: "robot" } };
  await json(admin.call("/registries/test", { body: { name: "internal", settings } }));
  const [probed] = admin.probed;
  assert.deepEqual([probed?.name, probed?.url, probed?.auth.password], [
    "internal",
    "https://new.example.com",
    "hunter2",
  ]);
  const body = { name: "new", settings: { url: "nonsense" } };
  await json(admin.call("/registries/test", { body }), 422);
  assert.equal(admin.probed.length, 1);
});
