import assert from "node:assert/strict";
import { OCI_MANIFEST } from "../../fake/content.ts";
import type { FakeAuth } from "../../fake/token.ts";
import { app, HOST, told, vanity } from "./vanity_domain.ts";

Deno.test("vanity domain, a client's own sign-in: realm, service and scopes are the domain's", async () => {
  await using t = await vanity(
    {
      auth: {
        scheme: "bearer",
        users: { ann: "right" },
        private: ["acme/prod/app", "acme/secret"],
      },
    },
    { auth: { mode: "client" } },
    { public_url: "https://berth.example.com/" },
  );
  const refused = await t.ask("/v2/app/manifests/1");
  assert.equal(refused.status, 401);
  assert.equal(
    refused.headers.get("www-authenticate"),
    `Bearer realm="https://${HOST}/token",service="${HOST}",scope="repository:app:pull"`,
  );
  assert.doesNotMatch(await told(refused), /acme|127\.0\.0\.1/);

  const scopes = [
    "repository:app:pull",
    "repository:team/tool:pull repository:acme/secret:pull,push",
    "repository:acme/secret",
    "Repository:acme/secret:pull",
    "repository(plugin):acme/secret:pull",
    "registry:catalog:*",
    "repository:acme/secret:pull:pull",
    "project:acme:*",
  ];
  const query = new URLSearchParams(scopes.map((scope) => ["scope", scope]));
  const target = `/token?service=${HOST}&${query}&Scope=repository:acme/secret:pull`;
  const headers = { authorization: `Basic ${btoa("ann:right")}` };
  const granted = await t.ask(target, { headers });
  assert.equal(granted.status, 200);
  const [asked] = t.upstream.seen("GET", /./, "token");
  assert.deepEqual(asked!.query.getAll("scope"), [
    "repository:acme/prod/app:pull",
    "repository:acme/prod/team/tool:pull repository:acme/prod/acme/secret:pull,push",
  ]);
  assert.equal(asked!.query.get("service"), "registry.test");
  assert.equal(asked!.query.get("Scope"), null);
  const { token } = await granted.json();
  const signedIn = { authorization: `Bearer ${token}`, accept: OCI_MANIFEST };
  const opened = await t.ask("/v2/app/manifests/1", { headers: signedIn });
  assert.equal(opened.headers.get("docker-content-digest"), app.root.digest);

  for (const scope of ["repository:../secret:pull", "repository:app/../../secret:pull"]) {
    const bad = await t.ask(`/token?scope=${scope}`, { headers });
    assert.equal(bad.status, 400, scope);
  }
  t.upstream.fault({
    server: "token",
    action: { kind: "answer", status: 403, body: '{"details":"acme/prod/app is not for ann"}' },
  }, {
    server: "token",
    from: 2,
    action: { kind: "answer", status: 403, body: '{"details":"acme is closed"}' },
  });
  const wrong = await t.ask("/token?scope=repository:app:pull");
  assert.deepEqual([wrong.status, await wrong.text()], [403, '{"details":"app is not for ann"}']);
  const closed = await t.ask("/token?scope=repository:app:pull");
  assert.deepEqual([closed.status, await closed.text()], [403, ""]);
});

Deno.test("vanity domain, the token endpoint stands where token_url says", async () => {
  const users = { ann: "right" };
  const auth: FakeAuth = { scheme: "bearer", users, private: ["acme/prod/app"] };
  const table: [string, string, string][] = [
    ["/_token", `http://${HOST}/_token`, "/_token"],
    ["_token", `http://${HOST}/_token`, "/_token"],
    ["https://r.example.com/auth/token", "https://r.example.com/auth/token", "/auth/token"],
    ["https://auth.example.com/t", "https://auth.example.com/t/prod", "/t/prod"],
  ];
  for (const [token_url, realm, target] of table) {
    await using t = await vanity({ auth }, { auth: { mode: "client" } }, { token_url });
    const refused = await t.ask("/v2/app/manifests/1");
    const challenge = refused.headers.get("www-authenticate");
    assert.ok(challenge?.startsWith(`Bearer realm="${realm}",`), String(challenge));
    const host = new URL(realm).host;
    const granted = await t.ask(`${target}?scope=repository:app:pull`, {
      host,
      headers: { authorization: `Basic ${btoa("ann:right")}` },
    });
    assert.equal(granted.status, 200, token_url);
    const [asked] = t.upstream.seen("GET", /./, "token");
    assert.equal(asked!.query.get("scope"), "repository:acme/prod/app:pull");
  }
});

Deno.test("vanity domain, a push: Locations, mounts and sealed addresses in its own names", async () => {
  await using t = await vanity({}, {}, { allow_push: true });
  const blob = app.blobs[1]!;
  const post = { method: "POST" };
  const mounted = await t.ask(`/v2/new/blobs/uploads/?mount=${blob.digest}&from=app`, post);
  assert.equal(mounted.status, 201);
  assert.equal(mounted.headers.get("location"), `/v2/new/blobs/${blob.digest}`);
  const begun = await t.ask("/v2/new/blobs/uploads/", post);
  assert.match(begun.headers.get("location")!, /^\/v2\/new\/blobs\/uploads\/[0-9a-f-]+\?/);

  t.upstream.fault({
    method: "POST",
    action: {
      kind: "answer",
      status: 202,
      headers: { location: "/artifacts-uploads/namespaces/acme/uploads/x?state=acme" },
    },
  });
  const sealed = (await t.ask("/v2/new/blobs/uploads/", post)).headers.get("location")!;
  assert.match(sealed, /^\/v2\/new\/blobs\/uploads\/berth~/);
  for (const part of sealed.split("~")) {
    const text = atob(part.replaceAll("-", "+").replaceAll("_", "/").replace(/^\/.*/, ""));
    assert.doesNotMatch(text, /acme/);
  }
  const manifest = await t.ask("/v2/new/manifests/1", {
    method: "PUT",
    headers: { "content-type": OCI_MANIFEST },
    body: app.root.bytes,
  });
  assert.equal(manifest.headers.get("location"), "/v2/new/manifests/1");
  for (const { path } of t.upstream.log) assert.match(path, /^\/v2\/acme\/prod\/new\//);
});

Deno.test("redirects: pass, signed addresses go to the client as they are", async () => {
  await using t = await vanity({ redirect: { to: "cdn" } }, { redirects: "pass" });
  const { digest, bytes } = app.blobs[1]!;
  const response = await t.ask(`/v2/app/blobs/${digest}`);
  assert.equal(response.status, 307);
  const location = response.headers.get("location")!;
  assert.ok(location.startsWith(`${t.upstream.cdnUrl}/data/`), location);
  assert.deepEqual(await (await fetch(location)).bytes(), bytes);
});

Deno.test("redirects: pass, an address at the registry itself is followed: its names are not the client's", async () => {
  await using t = await vanity({ redirect: { to: "self" } }, { redirects: "pass" });
  const { digest, bytes } = app.blobs[1]!;
  const response = await t.ask(`/v2/app/blobs/${digest}`);
  assert.deepEqual([response.status, response.headers.get("location")], [200, null]);
  assert.deepEqual(await response.bytes(), bytes);
});

Deno.test("a service account's key and a fixed header open what is private", async () => {
  const key = JSON.stringify({ type: "service_account", private_key: "-----BEGIN\na:b c" });
  const users = { _json_key: key };
  const ways: [FakeAuth, Record<string, string>][] = [
    [{ scheme: "bearer", users, private: ["acme/prod/app"] }, {
      username: "_json_key",
      password: key,
    }],
    [{ scheme: "basic", users }, { username: "_json_key", password: key }],
    [{ scheme: "basic", users }, { header: `Basic ${btoa(`_json_key:${key}`)}` }],
  ];
  for (const [auth, credentials] of ways) {
    await using t = await vanity({ auth, redirect: { to: "cdn" } }, { auth: credentials });
    const manifest = await t.ask("/v2/app/manifests/1", { headers: { accept: OCI_MANIFEST } });
    assert.equal(manifest.status, 200);
    const { digest, bytes } = app.blobs[1]!;
    assert.deepEqual(await (await t.ask(`/v2/app/blobs/${digest}`)).bytes(), bytes);
    for (const { headers } of t.upstream.seen("GET", /./, "cdn")) {
      assert.equal(headers.get("authorization"), null);
    }
  }
});
