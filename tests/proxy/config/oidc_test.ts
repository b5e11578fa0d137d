import assert from "node:assert/strict";
import { printYaml } from "../../../proxy/config/print.ts";
import { load, loaded, loadYaml, problems } from "./fixture.ts";

const files = { "/srv/key": "s3cret\n", "/srv/ca.pem": "a CA" };
const GOOD = `admin:
  oidc:
    issuer: https://login.example.com/realms/main
    client_id: berth
    client_secret_file: key
    roles: { admins: admin }
    ca_file: ca.pem
`;

Deno.test("admin.oidc, the secret by its file, defaults, and from the environment", async () => {
  const it = loaded(await loadYaml(GOOD, { files }));
  const { oidc } = it.config.admin;
  assert.deepEqual(
    [oidc.client_secret, oidc.name, oidc.groups_claim, oidc.scopes],
    ["s3cret", "OpenID Connect", "groups", []],
  );
  assert.doesNotMatch(printYaml(it), /s3cret/);
  const env = {
    BERTH_ADMIN_OIDC_ISSUER: "http://127.0.0.1:5556/dex",
    BERTH_ADMIN_OIDC_CLIENT_ID: "berth",
    BERTH_ADMIN_OIDC_ROLES: '{"admins": "admin"}',
  };
  assert.deepEqual(loaded(await load({ env })).config.admin.oidc.roles, { admins: "admin" });
});

Deno.test("admin.oidc, mistakes are named with what was expected", async () => {
  const wrong = async (oidc: string, admin = "") =>
    problems(await loadYaml(`admin:\n  oidc: { ${oidc} }\n${admin}`, { files }))
      .map((line) => line.replace(/^config\.yaml:[\d:]+ /, "").replace(/^admin\.oidc\./, ""));
  const rest = "client_id: berth, roles: { a: admin }";
  assert.deepEqual(await wrong("issuer: https://login.example.com"), [
    "client_id: missing; expected the client's name at the provider",
    "roles: missing; expected a role for at least one group, such as { admins: admin }",
  ]);
  assert.deepEqual(await wrong(rest), ["client_id: expected admin.oidc.issuer with it"]);
  assert.deepEqual(await wrong(`issuer: "http://login.example.com", ${rest}`), [
    'issuer: found "http://login.example.com", expected https://; http:// is for this machine alone',
  ]);
  for (const issuer of ["http://localhost:1", "http://[::1]:1/x", "https://login.example.com/"]) {
    assert.deepEqual(await wrong(`issuer: "${issuer}", ${rest}`), [], issuer);
  }
  assert.match(
    (await wrong(`issuer: login.example.com, ${rest}`))[0]!,
    /^issuer: found "login\.example\.com", expected a URL such as https:\/\/login/,
  );
  assert.match(
    (await wrong("issuer: https://l.example, client_id: b, roles: { a: root }"))[0]!,
    /^roles\.a: found "root", expected one of viewer, operator, admin$/,
  );
  assert.deepEqual(await wrong(`issuer: "https://l.example", scopes: ["a b"], ${rest}`), [
    'scopes[0]: found "a b", expected a scope such as groups, each its own item',
  ]);
  const none = `  listen: "127.0.0.1:8081"\n  auth: none\n`;
  assert.match(
    (await wrong(`issuer: "https://l.example", ${rest}`, none))[0]!,
    /auth: none asks nobody to sign in; expected required with admin\.oidc$/,
  );
  assert.match(
    (await wrong(`issuer: "https://l.example", ${rest}, ca_file: gone`))[0]!,
    /^ca_file: cannot read/,
  );
});
