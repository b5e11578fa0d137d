import assert from "node:assert/strict";
import { join } from "node:path";
import { verifyPassword } from "../../base/passwords.ts";
import { firstPassword } from "../../ui/first_password.ts";

Deno.test("firstPassword, made once, kept as a hash that only its owner can read", async () => {
  const parent = await Deno.makeTempDir();
  const dir = join(parent, "data");
  const first = await firstPassword(dir);
  assert.match(first.made!, /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  assert.ok(await verifyPassword(first.made!, first.hash));
  assert.deepEqual(await firstPassword(dir), { hash: first.hash });

  const file = join(dir, "admin.json");
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  assert.ok(!(await Deno.readTextFile(file)).includes(first.made!));

  await Deno.writeTextFile(file, "{}");
  await assert.rejects(firstPassword(dir), /damaged: remove it/);
  await Deno.remove(file);
  assert.notEqual((await firstPassword(dir)).hash, first.hash);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("firstPassword, without a directory nothing is kept", async () => {
  const [one, two] = [await firstPassword(""), await firstPassword("")];
  assert.ok(await verifyPassword(one.made!, one.hash));
  assert.notEqual(one.made, two.made);
  await assert.rejects(Deno.stat("admin.json"), Deno.errors.NotFound);
});
