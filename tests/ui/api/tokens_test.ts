import assert from "node:assert/strict";
import type { Scope } from "../../../proxy/access/tokens.ts";
import { NEEDED, SCOPE_RIGHTS } from "../../../ui/api/rights.ts";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";

async function make(admin: AdminFixture, scopes: Scope[], expires?: number, name = "ci") {
  const response = await admin.call("/tokens", { body: { name, scopes, expires } });
  assert.equal(response.status, 200);
  return await response.json();
}

const as = (token: string, more = {}) => ({
  headers: { authorization: `Bearer ${token}` },
  ...more,
});

Deno.test("tokens, made, listed without themselves, used and revoked", async () => {
  await using admin = await adminFixture(
    `admin: { tokens: { old: "sha256:${"0".repeat(64)}" } }`,
  );
  const made = await make(admin, ["read"]);
  assert.deepEqual([made.name, made.createdBy, made.lastUsed], ["ci", "admin", null]);
  assert.equal(
    (await admin.ask("/api/v1/status", as(made.token, { from: "192.0.2.7" }))).status,
    200,
  );
  const text = await (await admin.call("/tokens")).text();
  assert.ok(!text.includes(made.token) && !text.includes("hash") && !text.includes("000000000000"));
  const { items, kept } = JSON.parse(text);
  assert.deepEqual(
    items.map(({ name, lastFrom }: { name: string; lastFrom: string }) => [name, lastFrom]),
    [["ci", "192.0.2.7"], ["old", ""]],
  );
  assert.equal(kept, true);
  const gone = await admin.call(`/tokens/${made.id}`, { method: "DELETE" });
  assert.equal(gone.status, 204);
  assert.equal((await admin.ask("/api/v1/status", as(made.token))).status, 401);
  assert.equal((await admin.call(`/tokens/${made.id}`, { method: "DELETE" })).status, 404);
});

Deno.test("tokens, what is wrong with a new one is told by field", async () => {
  await using admin = await adminFixture(
    `admin: { tokens: { old: "sha256:${"0".repeat(64)}" } }`,
  );
  await make(admin, ["pull"]);
  const cases: [unknown, RegExp][] = [
    [{ name: "ci", scopes: ["pull"] }, /name.*there is a token ci already/],
    [{ name: "old", scopes: ["pull"] }, /there is a token old already/],
    [{ name: "a b", scopes: ["pull"] }, /expected letters, digits/],
    [{ name: "x", scopes: [] }, /expected at least one scope/],
    [{ name: "x", scopes: ["root"] }, /scopes/],
    [{ name: "x", scopes: ["pull"], expires: admin.clock.now }, /expected a time in the future/],
  ];
  for (const [body, expected] of cases) {
    const response = await admin.call("/tokens", { body });
    assert.equal(response.status, 422);
    assert.match(await response.text(), expected);
  }
});

Deno.test("tokens, each scope reaches its routes and no other", async () => {
  await using admin = await adminFixture();
  for (const scope of Object.keys(SCOPE_RIGHTS) as Scope[]) {
    const { token, id } = await make(admin, [scope], undefined, scope);
    for (const [key, right] of Object.entries(NEEDED)) {
      const [method = "", route = ""] = key.split(" ");
      const path = route.replace(/:\w+\{\.\+\}/, "a/b").replace(/:\w+/g, "x");
      const body = method === "POST" || method === "PUT" ? { body: {} } : {};
      const response = await admin.ask(path, as(token, { method, ...body }));
      await response.body?.cancel();
      const refused = response.status === 403;
      assert.equal(refused, !SCOPE_RIGHTS[scope].includes(right), `${key} by ${scope}`);
    }
    await admin.tokens.revoke(id);
  }
});

Deno.test("tokens, an expired one is told so", async () => {
  await using admin = await adminFixture();
  const { token } = await make(admin, ["read"], admin.clock.now + 1000);
  admin.clock.now += 1000;
  const response = await admin.ask("/api/v1/status", as(token));
  assert.equal(response.status, 401);
  const { type, detail } = await response.json();
  assert.equal(type, "/problems/token-expired");
  assert.match(detail, /It was valid until 2026-01-15T12:00:01/);
  assert.equal((await (await admin.call("/tokens")).json()).items[0].expired, true);
});

Deno.test("tokens, nobody's guesses are free", async () => {
  await using admin = await adminFixture();
  for (let i = 0; i < 5; i++) {
    assert.equal((await admin.ask("/api/v1/status", as(`berth_${i}`))).status, 401);
  }
  assert.equal((await admin.ask("/api/v1/status", as("berth_x"))).status, 429);
});
