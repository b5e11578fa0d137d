import assert from "node:assert/strict";
import type { Status } from "../../../ui/api/schema/status.ts";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";

/** A dashboard that says that quay is down. */
async function withTrouble(): Promise<AdminFixture> {
  const admin = await adminFixture();
  const now = admin.clock.now;
  const message = "the connection was refused";
  const down = {
    up: false,
    reason: "connect",
    message,
    since: now,
    checkedAt: now,
    lastOk: 0,
  } as const;
  admin.standings.set("quay", down);
  return admin;
}

const ID = "registry-failing:quay";
const PATH = `/notices/${encodeURIComponent(ID)}/mute`;

const status = async (admin: AdminFixture) => await (await admin.call("/status")).json() as Status;

/** The headline, what holds and what is muted. */
async function told(admin: AdminFixture) {
  const { text, notices, muted } = await status(admin);
  return [text, notices.map(({ id }) => id), muted.map(({ id, until }) => [id, until])];
}

Deno.test("notices, one that is muted for a time is silent until then", async () => {
  await using admin = await withTrouble();
  assert.deepEqual(await told(admin), ["quay cannot be reached", [ID], []]);
  const until = admin.clock.now + 3600e3;
  const muted = await admin.call(PATH, { body: { until } });
  assert.equal(muted.status, 200);
  assert.equal((await muted.json()).until, until);
  assert.deepEqual(await told(admin), ["Ready; 1 muted", [], [[ID, until]]]);
  admin.clock.now = until;
  assert.deepEqual(await told(admin), ["quay cannot be reached", [ID], []]);
});

Deno.test("notices, one that is acknowledged is silent while it lasts, or until it is let speak again", async () => {
  await using admin = await withTrouble();
  assert.equal((await admin.call(PATH, { body: {} })).status, 200);
  assert.deepEqual(await told(admin), ["Ready; 1 muted", [], [[ID, null]]]);
  const gone = await admin.call(PATH, { method: "DELETE" });
  assert.equal(gone.status, 204);
  assert.deepEqual(await told(admin), ["quay cannot be reached", [ID], []]);
});

Deno.test("notices, what does not hold cannot be muted, nor into the past, nor by a stranger", async () => {
  await using admin = await withTrouble();
  const other = await admin.call("/notices/disk-full/mute", { body: {} });
  assert.equal(other.status, 404);
  await other.body?.cancel();
  const past = await admin.call(PATH, { body: { until: admin.clock.now } });
  assert.equal(past.status, 422);
  assert.deepEqual((await past.json()).fields[0].path, "until");
  const stranger = await admin.ask(`/api/v1${PATH}`, { body: {} });
  assert.equal(stranger.status, 401);
  await stranger.body?.cancel();
  assert.deepEqual(await told(admin), ["quay cannot be reached", [ID], []]);
});
