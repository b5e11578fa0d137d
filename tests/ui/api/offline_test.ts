import assert from "node:assert/strict";
import { join } from "node:path";
import type { RegistryList } from "../../../ui/api/schema/registries.ts";
import type { Status } from "../../../ui/api/schema/status.ts";
import { adminFixture } from "../../fake/admin.ts";

Deno.test("registries, one is set to offline in the file, shown as such, and set back", async () => {
  await using admin = await adminFixture("registries:\n  quay: { url: 'https://quay.io' }\n");
  const put = async (settings: object) => {
    const { revision } = await (await admin.call("/registries")).json() as RegistryList;
    const response = await admin.call("/registries/quay", {
      method: "PUT",
      headers: { "if-match": `"${revision}"` },
      body: { name: "quay", settings },
    });
    assert.equal(response.status, 200, await response.text());
    const status = await (await admin.call("/status")).json() as Status;
    const file = await Deno.readTextFile(join(admin.dir, "config.yaml"));
    const health = status.registries.find(({ name }) => name === "quay");
    return [health?.state, status.text, file.includes("offline: true")];
  };
  const url = "https://quay.io";
  assert.deepEqual(await put({ url, offline: true }), ["offline", "Ready; 1 set to offline", true]);
  assert.deepEqual(await put({ url }), ["idle", "Ready; nothing pulled yet", false]);
});

Deno.test("registries, with all of them offline none says so in the file once it is changed", async () => {
  const url = "https://quay.io";
  await using admin = await adminFixture(
    `offline: true\nregistries:\n  quay: { url: '${url}' }\n  ghcr: { offline: true }\n`,
  );
  const list = async () => await (await admin.call("/registries")).json() as RegistryList;
  const { revision, items } = await list();
  const offline = (name: string) => items.find((it) => it.name === name)?.settings.offline;
  assert.deepEqual([offline("quay"), offline("ghcr")], [undefined, true]);
  const response = await admin.call("/registries/quay", {
    method: "PUT",
    headers: { "if-match": `"${revision}"` },
    body: { name: "quay", settings: { url, platforms: ["linux/amd64"] } },
  });
  assert.equal(response.status, 200, await response.text());
  const file = await Deno.readTextFile(join(admin.dir, "config.yaml"));
  assert.match(file, /linux\/amd64/);
  assert.equal(file.match(/offline/g)?.length, 2);
  assert.ok((await list()).items.every(({ health }) => health.state === "offline"));
});
