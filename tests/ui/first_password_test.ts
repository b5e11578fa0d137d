import assert from "node:assert/strict";
import { join } from "node:path";
import { verifyPassword } from "../../base/passwords.ts";
import { firstPassword, forgetFirstPassword } from "../../ui/first_password.ts";

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

Deno.test("firstPassword, what may not be printed is in a file for its owner, until there is another", async () => {
  const dir = await Deno.makeTempDir();
  const { made, file } = await firstPassword(dir, true);
  assert.equal(file, join(dir, "first-password"));
  assert.equal(await Deno.readTextFile(file), `${made}\n`);
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  assert.equal((await firstPassword(dir, true)).made, undefined);
  await forgetFirstPassword(dir);
  await forgetFirstPassword(dir);
  await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
  await Deno.remove(dir, { recursive: true });
});
