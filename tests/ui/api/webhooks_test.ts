import assert from "node:assert/strict";
import type { WebhookView } from "../../../ui/api/schema/webhooks.ts";
import { adminFixture } from "../../fake/admin.ts";

const YAML = `
webhooks:
  - { name: ops, url: "https://hooks.example.com/s3cret", secret: s3cret-key }
`;

Deno.test("webhooks, are listed without their secrets, and tested at once", async () => {
  await using admin = await adminFixture(YAML);
  admin.webhooks.configure(admin.config.webhooks);
  const list = async () => await (await admin.call("/webhooks")).text();
  const { items: [before] } = JSON.parse(await list()) as { items: WebhookView[] };
  assert.deepEqual(before, {
    name: "ops",
    host: "hooks.example.com",
    format: "json",
    events: [],
    signed: true,
    waiting: 0,
    dropped: 0,
    last: null,
  });
  const test = await admin.call("/webhooks/ops/test", { method: "POST" });
  assert.equal(test.status, 200);
  assert.deepEqual((await test.json()).text, "it answered 204");
  assert.equal(admin.posted.length, 1);
  const after = await list();
  assert.equal(JSON.parse(after).items[0].last.ok, true);
  const config = await (await admin.call("/config")).text();
  assert.doesNotMatch(before + after + config, /s3cret/);
});

Deno.test("webhooks, one that is not there, and a stranger", async () => {
  await using admin = await adminFixture(YAML);
  const missing = await admin.call("/webhooks/other/test", { method: "POST" });
  assert.equal(missing.status, 404);
  await missing.body?.cancel();
  for (const path of ["/webhooks", "/webhooks/ops/test"]) {
    const response = await admin.ask(`/api/v1${path}`, {
      method: path === "/webhooks" ? "GET" : "POST",
    });
    assert.equal(response.status, 401, path);
    await response.body?.cancel();
  }
  assert.deepEqual(admin.posted, []);
});
