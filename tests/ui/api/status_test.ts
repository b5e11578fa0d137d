import assert from "node:assert/strict";
import { join } from "node:path";
import type { ConfigView, Reload } from "../../../ui/api/schema/config.ts";
import type { Connect } from "../../../ui/api/schema/connect.ts";
import type { Status } from "../../../ui/api/schema/status.ts";
import { adminFixture } from "../../fake/admin.ts";
import { record } from "../../fake/records.ts";

Deno.test("status, in words and figures", async () => {
  await using admin = await adminFixture("cache: { max_size: 1GiB }");
  const status = async () => await (await admin.call("/status")).json() as Status;
  const idle = await status();
  assert.deepEqual([idle.text, idle.empty], ["Ready; nothing pulled yet", true]);
  assert.equal(idle.registryUrl, "http://berth.example:8080");
  assert.equal(idle.storage.maxBytes, 2 ** 30);
  assert.ok(idle.storage.disk!.totalBytes > 0);
  admin.stats.sink(record({
    kind: "manifest",
    reference: "latest",
    upstreamStatus: 200,
    upstreamMs: 40,
  }));
  admin.stats.sink(
    record({ registry: "quay", status: 502, message: "quay: the TLS handshake failed" }),
  );
  const busy = await status();
  assert.deepEqual([busy.text, busy.empty], ["quay cannot be reached", false]);
  assert.deepEqual(busy.registries.find(({ name }) => name === "docker")?.latencyMs, 40);
});

Deno.test("status, a cache whose directory is gone is a notice, and not the end of the page", async () => {
  await using admin = await adminFixture();
  const data = join(admin.dir, "data");
  const ids = async () => {
    admin.clock.now += 5000;
    const status = await (await admin.call("/status")).json() as Status;
    return status.notices.map(({ id, since }) => [id, since]);
  };
  assert.deepEqual(await ids(), []);
  await Deno.rename(data, `${data}-gone`);
  const [first] = await ids();
  assert.deepEqual(first, ["cache-not-stored", admin.clock.now]);
  assert.deepEqual(await ids(), [first], "since then");
  await Deno.rename(`${data}-gone`, data);
  assert.deepEqual(await ids(), []);
});

Deno.test("config, effective values with sources, masked", async () => {
  await using admin = await adminFixture(
    "cache: { max_size: 1GiB }\nusers: { ann: '$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe' }\n",
    { BERTH_LOG_LEVEL: "debug" },
  );
  const config = await (await admin.call("/config")).json() as ConfigView;
  const setting = (path: string) => config.settings.find((setting) => setting.path === path)!;
  assert.deepEqual(
    [setting("cache.max_size").text, setting("cache.max_size").defaultText],
    ["1GiB", "32GiB"],
  );
  assert.match(setting("cache.max_size").origin.text, /config\.yaml:1/);
  assert.deepEqual(setting("log.level").origin.kind, "environment");
  assert.deepEqual([setting("users.ann").secret, setting("users.ann").text], [true, ""]);
  assert.equal(setting("listen").restart, true);
  assert.doesNotMatch(JSON.stringify(config), /bvIG/);
  assert.deepEqual([config.lastReload.cause, config.lastReload.ok], ["start", true]);
});

Deno.test("config, a reload tells what changed or why not", async () => {
  await using admin = await adminFixture("log: { level: info }");
  const reload = async (text: string) => {
    await Deno.writeTextFile(join(admin.dir, "config.yaml"), text);
    return await (await admin.call("/config/reload", { method: "POST" })).json() as Reload;
  };
  const good = await reload("log: { level: debug }");
  assert.deepEqual([good.ok, good.cause, good.text], [true, "dashboard", "log.level changed"]);
  assert.deepEqual(good.changes, [
    { path: "log.level", secret: false, before: "info", after: "debug" },
  ]);
  const bad = await reload("log: { level: loud }");
  assert.equal(bad.ok, false);
  assert.deepEqual(bad.fields.map(({ path }) => path), ["log.level"]);
  const status = await (await admin.call("/status")).json() as Status;
  assert.equal(status.text, "The changed configuration was rejected");
});

Deno.test("config, a registry that is added is one change, and what needs a restart says so", async () => {
  await using admin = await adminFixture("listen: ':8080'");
  await Deno.writeTextFile(
    join(admin.dir, "config.yaml"),
    `listen: ":8090"\nregistries:\n  mirror:\n    url: https://mirror.example\n` +
      `    auth: { username: ann, password: secret }\n`,
  );
  const reload = await (await admin.call("/config/reload", { method: "POST" })).json() as Reload;
  assert.equal(reload.text, "Registry mirror added, listen changed");
  assert.deepEqual(reload.changes.map(({ path, after }) => [path, after]), [
    ["registries.mirror", "https://mirror.example"],
    ["listen", ":8090"],
  ]);
  const config = await (await admin.call("/config")).json() as ConfigView;
  const listen = config.settings.find(({ path }) => path === "listen")!;
  assert.deepEqual([listen.text, listen.running], [":8090", ":8080"]);
  assert.ok(config.settings.filter(({ running }) => running !== null).length === 1);
  const status = await (await admin.call("/status")).json() as Status;
  assert.ok(
    status.notices.some(({ id, title }) =>
      id === "restart-pending" && title === "Restart to apply listen"
    ),
  );
});

Deno.test("connect, what the snippets need", async () => {
  await using admin = await adminFixture(
    "domain_suffix: berth.example\nforward: { listen: ':3128', intercept: [docker.io] }",
  );
  const connect = await (await admin.call("/connect")).json() as Connect;
  assert.deepEqual([connect.port, connect.tls, connect.signIn], [8080, false, false]);
  assert.deepEqual(connect.forward, { port: 3128, intercept: ["docker"] });
  const docker = connect.registries.find(({ name }) => name === "docker")!;
  assert.deepEqual([docker.host, docker.example, docker.hosts], [
    "docker.io",
    "library/alpine:latest",
    ["docker.berth.example"],
  ]);
});
