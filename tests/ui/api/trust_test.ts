import assert from "node:assert/strict";
import { image } from "../../fake/content.ts";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";
import { record } from "../../fake/records.ts";
import { policyRules } from "../../../proxy/config/schema.ts";

const IMAGE = "docker/acme/app:v1";
const [registry, repository, tag] = ["docker", "acme/app", "v1"];
const first = image({ seed: 1 });
const second = image({ seed: 2 });

/** The tag stood for the one and stands for the other; the first is here. */
async function started(): Promise<AdminFixture> {
  const admin = await adminFixture();
  const { cache } = admin;
  for (const { digest, bytes, mediaType } of [...first.blobs, ...first.manifests]) {
    await cache.put(digest, bytes, mediaType, `${registry}/${repository}`);
  }
  for (const [index, { root }] of [first, second].entries()) {
    const row = { digest: root.digest, mediaType: root.mediaType, size: 10, checkedAt: index + 1 };
    cache.setTag({ registry, repository, tag, accept: "" }, row);
  }
  return admin;
}

async function asked(admin: AdminFixture, path: string, init = {}) {
  const response = await admin.call(path, init);
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

const history = `/trust/history?image=${encodeURIComponent(IMAGE)}`;

Deno.test("trust, a tag's past is listed, newest first, with what is left of it", async () => {
  await using admin = await started();
  const { body } = await asked(admin, history);
  const digests = body.digests.map(({ digest, current, whole, firstSeen }: never) => [
    ...[digest, current, whole, firstSeen],
  ]);
  assert.deepEqual(digests, [
    [second.root.digest, true, false, 2],
    [first.root.digest, false, true, 1],
  ]);
  assert.equal(body.frozen, null);
  const named = first.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.deepEqual(body.digests.map(({ bytes }: never) => bytes), [null, named]);
});

Deno.test("trust, what waits is said to, until it is let through", async () => {
  await using admin = await started();
  admin.config.registries.docker!.hold.new_digest = 3600e3;
  const held = async () =>
    (await asked(admin, history)).body.digests.map(({ heldUntil }: never) => heldUntil);
  admin.clock.now = 3600e3 + 1;
  assert.deepEqual(await held(), [3600e3 + 2, null]);
  await asked(admin, "/trust/release", { body: { image: IMAGE } });
  assert.deepEqual(await held(), [null, null]);
});

Deno.test("trust, a tag is frozen to what is here, which stays, and let go again", async () => {
  await using admin = await started();
  const { digest } = first.root;
  const gone = await asked(admin, "/trust/freeze", { body: { image: IMAGE } });
  assert.equal(gone.status, 409);
  assert.match(gone.body.title, /is not in the cache as a whole; pull docker\/acme\/app@sha256:/);
  const frozen = await asked(admin, "/trust/freeze", { body: { image: IMAGE, digest } });
  assert.deepEqual([frozen.status, frozen.body.frozen], [200, digest]);
  assert.equal(admin.cache.stat(first.blobs[0]!.digest)?.pinned, true);
  const { body } = await asked(admin, "/trust/decisions");
  const at = admin.clock.now;
  assert.deepEqual(body, { frozen: [{ image: IMAGE, digest, by: "admin", at }], released: [] });
  const query = `/trust/freeze?image=${encodeURIComponent(IMAGE)}`;
  assert.equal((await asked(admin, query, { method: "DELETE" })).status, 204);
  assert.equal(admin.cache.stat(first.blobs[0]!.digest)?.pinned, false);
  assert.equal((await asked(admin, query, { method: "DELETE" })).status, 404);
});

Deno.test("trust, releases name a digest or a pattern; what they cannot mean is said", async () => {
  await using admin = await started();
  const release = (body: unknown) => asked(admin, "/trust/release", { body });
  assert.equal((await release({ image: IMAGE })).status, 204);
  assert.equal((await release({ image: "docker/acme/*:*" })).status, 204);
  const { released } = (await asked(admin, "/trust/decisions")).body;
  assert.deepEqual(released.map(({ image, digest }: never) => [image, digest]), [
    ["docker/acme/*:*", null],
    [IMAGE, second.root.digest],
  ]);
  for (
    const [body, status] of [
      [{ image: "app" }, 422],
      [{ image: IMAGE, digest: "sha256:12" }, 422],
      [{ image: "docker/acme/*:*", digest: first.root.digest }, 422],
      [{ image: "docker/acme/never:v1" }, 409],
    ] as const
  ) {
    assert.equal((await release(body)).status, status, JSON.stringify(body));
  }
});

Deno.test("policy try, rules that are not in force are tried on what was pulled", async () => {
  await using admin = await started();
  const time = admin.clock.now;
  const pulled = { registry, repository, kind: "manifest", reference: tag, time } as const;
  admin.stats.sink(record(pulled));
  const attempt = async (rules?: unknown) => {
    const { status, body } = await asked(admin, "/policy/try", { body: { rules } });
    const fields = body.fields?.map(({ path, message }: never) => `${path}: ${message}`);
    return { ...body, status, fields };
  };
  const none = await attempt();
  assert.deepEqual([none.status, none.pulls, none.refused], [200, 1, 0]);
  const list = await attempt([{ action: "deny", tags: ["v*"] }]);
  assert.deepEqual([list.refused, list.items[0].image], [1, IMAGE]);
  assert.equal(list.from, time - 30 * 86_400_000);
  for (
    const text of ["- action: deny", "policy:\n  rules:\n    - action: deny", "[{action: deny}]"]
  ) {
    assert.equal((await attempt(text)).refused, 1, text);
  }
  admin.config.policy.rules = policyRules.parse([{ action: "deny", tags: ["v1"] }]);
  assert.equal((await attempt()).refused, 1);
  const rows: [unknown, RegExp][] = [
    [[{ action: "forbid" }], /^policy\.rules\[0\]\.action: found "forbid", expected one of allow/],
    [[{ action: "deny", tag: ["v1"] }], /^policy\.rules\[0\]\.tag: unknown key/],
    ["- action: [", /^policy\.rules: found no YAML/],
    ["deny", /^policy\.rules: found "deny", expected a list/],
    [[{ action: "deny", registries: ["nowhere"] }], /^policy\.rules\[0\]\.registries\[0\]: found/],
    [[{ action: "deny" }, { action: "deny" }], /^policy\.rules\[1\]: can never decide/],
  ];
  for (const [rules, expected] of rows) {
    const { status, fields } = await attempt(rules);
    assert.equal(status, 422, String(expected));
    assert.match(fields.join("\n"), expected);
  }
});
