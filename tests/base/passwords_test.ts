import assert from "node:assert/strict";
import { hashPassword, verifyPassword } from "../../base/passwords.ts";
import { isPasswordHash } from "../../base/password_form.ts";

Deno.test("hashPassword, makes a scrypt hash that verifyPassword takes, never twice the same", async () => {
  const [a, b] = await Promise.all([hashPassword("hünter2"), hashPassword("hünter2")]);
  assert.match(a, /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(a, b);
  assert.ok(isPasswordHash(a));
  assert.equal(await verifyPassword("hünter2", a), true);
  assert.equal(await verifyPassword("hu\u0308nter2", a), true, "however the umlaut was typed");
  assert.equal(await verifyPassword("hunter2", a), false);
});

Deno.test("verifyPassword, takes what htpasswd -B wrote", async () => {
  const hash = "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe";
  assert.ok(isPasswordHash(hash));
  assert.equal(await verifyPassword("wrong", hash), false);
  const other = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  assert.equal(await verifyPassword("U*U", other), true);
});

Deno.test("verifyPassword, no hash, no entry", async () => {
  for (
    const hash of [
      "",
      "plain",
      "plain$",
      "$apr1$x$y",
      "{SHA}abc",
      "$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "$scrypt$ln=0,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "$2y$31$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe",
    ]
  ) {
    assert.equal(isPasswordHash(hash), false, hash);
    assert.equal(await verifyPassword("plain", hash), false, hash);
  }
});
