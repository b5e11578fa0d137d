import assert from "node:assert/strict";
import { pair as both } from "../../fake/pair.ts";
import { image, OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";

const images = { "acme/app:1": image(), "acme/secret:1": image({ seed: 2 }) };
const BASIC = `Basic ${btoa("ann:right")}`;

const pair = () =>
  both({
    registry: {
      images,
      auth: { scheme: "bearer", users: { ann: "right" }, private: ["acme/secret"] },
    },
    hub: { aliases: ["hub.test"], repo_prefix: "acme", auth: { mode: "client" } },
  });

function challengeOf(response: Response): { realm: string; service: string; scope: string } {
  const header = response.headers.get("www-authenticate") ?? "";
  const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(header)?.[1] ?? "";
  return { realm: part("realm"), service: part("service"), scope: part("scope") };
}

Deno.test("client mode, ping hands on upstream's challenge with our realm", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const response = await proxy.get("/v2/");
  assert.equal(response.status, 401);
  const { realm, service } = challengeOf(response);
  assert.equal(realm, `${proxy.url}/token/hub`);
  assert.equal(service, "hub", "upstream's own word for itself stays behind the prefix");
  await response.body?.cancel();
});

Deno.test("client mode, a token from our realm opens what the user may have, and only that", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const path = "/v2/hub.test/secret/manifests/1";
  const refused = await proxy.get(path);
  assert.equal(refused.status, 401);
  const { realm, service, scope } = challengeOf(refused);
  assert.equal(scope, "repository:hub.test/secret:pull");
  await refused.body?.cancel();

  const query = new URLSearchParams({ service, scope });
  const granted = await fetch(`${realm}?${query}`, { headers: { authorization: BASIC } });
  const { token } = await granted.json();
  const opened = await proxy.get(path, {
    headers: { authorization: `Bearer ${token}`, accept: OCI_MANIFEST },
  });
  assert.deepEqual(await opened.bytes(), images["acme/secret:1"].root.bytes);
  const asked = upstream.seen("GET", /./, "token").at(-1);
  assert.deepEqual(asked?.query.getAll("scope"), ["repository:acme/secret:pull"]);
});

Deno.test("tokenEndpoint, two scope parameters arrive, each mapped once", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const query = "service=registry.test&scope=repository:hub.test/app:pull" +
    "&scope=repository:secret:pull,push&account=ann";
  const response = await proxy.get(`/token/hub?${query}`, { headers: { authorization: BASIC } });
  assert.equal(response.status, 200);
  await response.body?.cancel();
  const [asked] = upstream.seen("GET", /./, "token");
  assert.deepEqual(asked?.query.getAll("scope"), [
    "repository:acme/app:pull",
    "repository:acme/secret:pull,push",
  ]);
  assert.equal(asked?.query.get("account"), "ann");
});

Deno.test("client mode, a POST form is mapped as well", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const response = await proxy.get("/token/hub", {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      username: "ann",
      password: "right",
      service: "registry.test",
      scope: "repository:app:pull repository:secret:pull",
    }),
  });
  assert.equal(response.status, 200);
  await response.body?.cancel();
  const [asked] = upstream.seen("POST", /./, "token");
  const form = new URLSearchParams(new TextDecoder().decode(asked?.body));
  assert.equal(form.get("scope"), "repository:acme/app:pull repository:acme/secret:pull");
});

Deno.test("client mode, wrong credentials stay wrong, and nothing is remembered", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const wrong = await proxy.get("/token/hub?service=registry.test&scope=repository:secret:pull", {
    headers: { authorization: `Basic ${btoa("ann:wrong")}` },
  });
  assert.equal(wrong.status, 401);
  await wrong.body?.cancel();
  const other = await proxy.get("/v2/secret/manifests/1", {
    headers: { authorization: "Bearer invented" },
  });
  assert.equal(other.status, 401);
  await other.body?.cancel();
});

Deno.test("the client's Authorization goes nowhere where the proxy signs in itself", async () => {
  await using upstream = await fakeRegistry({ images });
  await using proxy = await startProxy({
    default_registry: "hub",
    registries: { hub: { url: upstream.url } },
  });
  const response = await proxy.get("/v2/acme/app/manifests/1", {
    headers: { authorization: BASIC, cookie: "a=b", "x-secret": "1", accept: OCI_MANIFEST },
  });
  assert.equal(response.status, 200);
  await response.body?.cancel();
  for (const seen of upstream.log) {
    assert.equal(seen.headers.get("authorization"), null);
    assert.equal(seen.headers.get("cookie"), null);
    assert.equal(seen.headers.get("x-secret"), null);
  }
  const token = await proxy.get("/token/hub?scope=repository:a:pull");
  assert.equal(token.status, 404);
  await token.body?.cancel();
});
