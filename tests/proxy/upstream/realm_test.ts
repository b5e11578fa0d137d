import assert from "node:assert/strict";
import { realmAllowed } from "../../../proxy/upstream/realm.ts";

Deno.test("realmAllowed, credentials go to the registry's own token server only", () => {
  const table: [registry: string, realm: string, allowed: boolean][] = [
    ["https://registry-1.docker.io", "https://auth.docker.io/token", true],
    ["https://ghcr.io", "https://ghcr.io/token", true],
    ["https://quay.io", "https://quay.io/v2/auth", true],
    ["https://nvcr.io", "https://nvcr.io/proxy_auth", true],
    ["https://nvcr.io", "https://authn.nvidia.com/token", true],
    ["https://docker.elastic.co", "https://docker-auth.elastic.co/auth", true],
    ["https://registry.gitlab.com", "https://gitlab.com/jwt/auth", true],
    ["https://registry.example.co.uk", "https://auth.example.co.uk/t", true],
    ["https://registry.example.co.uk", "https://other.co.uk/t", false],
    ["https://ghcr.io", "https://authn.nvidia.com/token", false],
    ["https://ghcr.io", "https://ghcr.io.evil.test/token", false],
    ["https://ghcr.io", "https://evil.test/?ghcr.io", false],
    ["https://ghcr.io", "http://ghcr.io/token", false],
    ["https://ghcr.io", "https://user:pass@ghcr.io/token", false],
    ["https://ghcr.io", "ftp://ghcr.io/token", false],
    ["https://ghcr.io", "https://127.0.0.1/token", false],
    ["https://a.github.io", "https://b.github.io/token", false],
    ["http://registry:5000", "http://registry:5001/token", true],
    ["http://registry:5000", "http://auth:5001/token", false],
    ["http://registry.test", "https://auth.registry.test/t", true],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5001/auth", true],
    ["http://127.0.0.1:5000", "http://127.0.0.2:5001/auth", false],
    ["http://10.0.0.1", "http://10.0.0.2/t", false],
    ["http://[::1]:5000", "http://[::1]:5001/t", true],
  ];
  for (const [registry, realm, allowed] of table) {
    const found = realmAllowed(new URL(realm), new URL(registry));
    assert.equal(found, allowed, `${registry} → ${realm}`);
  }
});

Deno.test("realmAllowed, a token server that the operator named, and never in the clear", () => {
  const allowed = (realm: string, named: string) =>
    realmAllowed(new URL(realm), new URL("https://registry.corp.example"), named);
  assert.equal(allowed("https://login.other.test/token", "login.other.test"), true);
  assert.equal(allowed("https://login.other.test:8443/token", "login.other.test"), true);
  assert.equal(allowed("https://login.other.test:8443/token", "login.other.test:8443"), true);
  assert.equal(allowed("https://login.other.test:8444/token", "login.other.test:8443"), false);
  assert.equal(allowed("https://login.other.test.evil.test/token", "login.other.test"), false);
  assert.equal(allowed("http://login.other.test/token", "login.other.test"), false);
});
