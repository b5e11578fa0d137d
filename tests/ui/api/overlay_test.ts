import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import type { Problem } from "../../../ui/api/schema.ts";
import type { ConfigView, OverlayView } from "../../../ui/api/schema/config.ts";
import type { RegistryList, RegistryView } from "../../../ui/api/schema/registries.ts";
import { adminFixture } from "../../fake/admin.ts";

const FILE = `registries:
  lab:
    url: https://lab.example.com
  old:
    url: https://old.example.com
`;

async function json<T>(response: Response | Promise<Response>, status = 200): Promise<T> {
  const answer = await response;
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return JSON.parse(text) as T;
}

const settings = {
  url: "https://new.example.com",
  auth: { username: "robot", password: "hunter2" },
};

Deno.test("overlay, changes to a file that cannot be written are listed, downloaded and dropped", async () => {
  await using admin = await adminFixture(FILE, {}, { readOnly: true });
  const list = await json<RegistryList>(admin.call("/registries"));
  assert.deepEqual([list.writable, list.overlay], [true, true]);
  assert.equal(list.file, join(admin.dir, "data", "overlay.yaml"));
  const put = { method: "PUT", body: { name: "lab", settings: { url: "https://l.example.com" } } };
  const lab = await json<RegistryView>(admin.call("/registries/lab", put));
  assert.deepEqual([lab.origin.kind, lab.editable], ["overlay", true]);
  await json(admin.call("/registries", { body: { name: "new", settings } }));
  const gone = await admin.call("/registries/old", { method: "DELETE" });
  assert.equal(gone.status, 204);
  assert.equal(await Deno.readTextFile(join(admin.dir, "config.yaml")), FILE);

  const found = await json<OverlayView>(admin.call("/config/overlay"));
  assert.equal(found.file, list.file);
  assert.deepEqual(
    found.items.map(({ path, text, fileText, removed }) => [path, text, fileText, removed]),
    [
      ["registries.lab.url", "https://l.example.com", "https://lab.example.com", false],
      ["registries.old", "", "", true],
      ["registries.new.url", "https://new.example.com", "", false],
      ["registries.new.auth.username", "robot", "", false],
      ["registries.new.auth.password", "", "", false],
    ],
  );
  assert.doesNotMatch(JSON.stringify(found), /hunter2/);
  const headers = { accept: "application/yaml" };
  const download = await admin.call("/config/overlay", { headers });
  assert.match(download.headers.get("content-type")!, /^application\/yaml/);
  const yaml = await download.text();
  assert.match(yaml, /^# Secret, and left out: registries\.new\.auth\.password$/m);
  assert.doesNotMatch(yaml, /hunter2/);
  assert.deepEqual(parse(yaml), {
    config: {
      registries: {
        lab: { url: "https://l.example.com" },
        old: null,
        new: { url: "https://new.example.com", auth: { username: "robot" } },
      },
    },
  });

  const drop = (path: string) =>
    admin.call(`/config/overlay?path=${encodeURIComponent(path)}`, { method: "DELETE" });
  assert.equal((await drop("registries.old")).status, 204);
  assert.equal(admin.live.current.registries.old!.url, "https://old.example.com");
  await json<Problem>(drop("registries.old"), 404);
  // The name and the password need each other.
  await json<Problem>(drop("registries.new.auth.username"), 422);
  assert.equal((await admin.call("/config/overlay", { method: "DELETE" })).status, 204);
  assert.equal(admin.live.current.registries.new, undefined);
  assert.deepEqual((await json<OverlayView>(admin.call("/config/overlay"))).items, []);
  const config = await json<ConfigView>(admin.call("/config"));
  assert.deepEqual([config.writable, config.overlay], [true, true]);
});

Deno.test("overlay, a file that can be written has none", async () => {
  await using admin = await adminFixture(FILE);
  const list = await json<RegistryList>(admin.call("/registries"));
  assert.deepEqual([list.writable, list.overlay], [true, false]);
  await json(admin.call("/registries", { body: { name: "new", settings } }));
  assert.deepEqual((await json<OverlayView>(admin.call("/config/overlay"))).items, []);
  assert.match(await Deno.readTextFile(join(admin.dir, "config.yaml")), /new\.example\.com/);
});
