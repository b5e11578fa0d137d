import assert from "node:assert/strict";
import fc from "fast-check";
import { findOption, keyInfo, OPTIONS } from "../../../proxy/config/options.ts";
import { formatKey, parseKey } from "../../../proxy/config/path.ts";

Deno.test("OPTIONS, every key has a flag and a variable of its own that lead back to it", () => {
  for (const spelling of ["flag", "env"] as const) {
    assert.equal(new Set(OPTIONS.map((option) => option[spelling])).size, OPTIONS.length);
    for (const option of OPTIONS) {
      const name = option[spelling].replace("*", spelling === "env" ? "MY_REG" : "my-reg");
      const found = findOption(spelling, name);
      assert.equal(found?.option, option, name);
      assert.deepEqual(found.path, option.path.map((key) => key === "*" ? "my-reg" : key));
    }
  }
  assert.equal(findOption("flag", "--registries-*-url"), undefined);
  assert.equal(findOption("env", "BERTH_REGISTRIES__URL"), undefined);
});

Deno.test("keyInfo, knows kinds, secrets and what is not there", () => {
  assert.equal(keyInfo(["cache", "max_size"])?.kind, "size");
  assert.equal(keyInfo(["public_url"])?.kind, "url");
  assert.equal(keyInfo(["registries", "any", "manifests", "ttl"])?.kind, "duration");
  assert.equal(keyInfo(["forward", "allowed_hosts", 3])?.kind, "text");
  const secrets = ["registries.x.auth.password", "registries.x.auth.ecr.session_token"];
  const depot = ["cache.depot.secret_access_key", "cache.depot.session_token"];
  for (const key of [...secrets, ...depot]) {
    assert.equal(keyInfo(key.split("."))?.secret, true, key);
  }
  assert.equal(keyInfo(["users", "kim"])?.secret, true);
  assert.equal(keyInfo(["registries", "x", "auth", "username"])?.secret, false);
  assert.equal(keyInfo(["constructor"]), undefined);
  assert.equal(keyInfo(["listen", "x"]), undefined);
});

Deno.test("formatKey and parseKey, are each other's inverse", () => {
  const segment = fc.oneof(fc.string(), fc.nat(), fc.constantFrom("a.b", "[0]", '"', "", "users"));
  fc.assert(fc.property(fc.array(segment, { minLength: 1 }), (path) => {
    assert.deepEqual(parseKey(formatKey(path)), path);
  }));
  assert.equal(formatKey(["users", "a.b"]), 'users."a.b"');
  assert.equal(formatKey(["forward", "allowed_hosts", 0]), "forward.allowed_hosts[0]");
  for (const text of ["a..b", "a b", "a[", '"a', "a[x]", ".a."]) {
    assert.equal(parseKey(text), undefined, text);
  }
});

Deno.test("logins, their passwords are secrets that may come from files", () => {
  const path = ["registries", "x", "auth", "logins", "git.example.com", "password"];
  assert.equal(keyInfo(path)?.secret, true);
  assert.equal(findOption("env", "BERTH_REGISTRIES_X_AUTH_LOGINS")?.option.kind, "map");
});
