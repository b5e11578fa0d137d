import assert from "node:assert/strict";
import { OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { app, HOST, images, signature, told, vanity } from "./vanity_domain.ts";

Deno.test("vanity domain, each read of the API serves the name from below the prefix", async () => {
  await using t = await vanity();
  const accept = { headers: { accept: OCI_MANIFEST } };
  const reads = [
    "/v2/",
    "/v2/app/manifests/1",
    `/v2/app/manifests/${app.root.digest}`,
    `/v2/app/blobs/${app.blobs[0]!.digest}`,
    "/v2/app/tags/list?n=1",
    `/v2/app/referrers/${app.root.digest}`,
    "/v2/team/tool/manifests/1",
    "/v2/_catalog",
    "/v2/app/manifests/9",
    `/v2/app/blobs/sha256:${"0".repeat(64)}`,
    "/v2/none/tags/list",
    "/v2/app/manifests/1?ns=r.example.com",
  ];
  for (const target of reads) {
    const response = await t.ask(target, accept);
    assert.equal(response.headers.get("oci-namespace") ?? HOST, HOST, target);
    assert.doesNotMatch(await told(response), /acme|127\.0\.0\.1|\bprod\b/, target);
  }
  for (const { path } of t.upstream.log) assert.match(path, /^\/v2\/(acme\/prod\/|_catalog$)/);
  const list = await t.ask("/v2/app/tags/list?n=1");
  assert.deepEqual(await list.json(), { name: "app", tags: ["1"] });
  assert.equal(list.headers.get("link"), '</v2/app/tags/list?n=1&last=1>; rel="next"');
  const found = await (await t.ask(`/v2/app/referrers/${app.root.digest}`)).json();
  assert.deepEqual(found.manifests.map((one: { digest: string }) => one.digest), [
    signature.root.digest,
  ]);
});

Deno.test("vanity domain, no spelling leads out of the prefix", async () => {
  await using t = await vanity({}, {}, { allow_push: true, path_names: true });
  const at = new URL(t.upstream.url).host;
  const names = [
    "../secret",
    "..%2fsecret",
    "%2e%2e/secret",
    "%2E%2E%2Fsecret",
    "..%252fsecret",
    "app/../../secret",
    "app/..%2f..%2fsecret",
    "app/%2e%2e/%2e%2e/secret",
    "./../secret",
    "/secret",
    "//acme/secret",
    "/acme/secret",
    "..\\secret",
    "..;/secret",
    "acme/secret",
    "acme%2fsecret",
    "ACME/secret",
    "library/../../secret",
    "library/secret",
    `${at}/acme/secret`,
    `http://${at}/acme/secret`,
    `@${at}/acme/secret`,
    `${HOST}/../secret`,
    "stage/app",
    "s.example.com/app",
    "prod/../secret",
    "igal",
    "app%00/../secret",
    "app%0d%0a/secret",
    "app?x=/../secret",
    "app#/../secret",
    "%61cme/secret",
    "acme/prod/../secret",
  ];
  const digest = images["acme/secret:1"].blobs[0]!.digest;
  const targets = names.flatMap((name) => [
    `/v2/${name}/manifests/1`,
    `/v2/${name}/tags/list`,
    `/v2/${name}/blobs/${digest}`,
    `/acme/v2/${name}/manifests/1`,
    `/${at}/v2/${name}/manifests/1`,
  ]).concat(
    ["acme", at, "prod", `${at}/acme`, "..", "%2e%2e", `https://${at}`, ""].flatMap((ns) => [
      `/v2/acme/secret/manifests/1?ns=${ns}`,
      `/v2/acme/secret/manifests/1?ns=${HOST}&ns=${ns}`,
    ]),
    [
      "/v2/app/manifests/../../../secret/manifests/1",
      "/v2/app/blobs/uploads/../../../../secret/manifests/1",
      "/v2/app/blobs/uploads/..%2f..%2f..%2fsecret",
      "/v2/app/tags/list?n=1&last=../../secret",
    ],
  );
  for (const target of targets) {
    const response = await t.ask(target);
    const text = await told(response);
    assert.ok(!text.includes(images["acme/secret:1"].root.digest), target);
  }
  for (const name of names) {
    const target = `/v2/app/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(name)}`;
    const mount = await t.ask(target, { method: "POST" });
    await mount.body?.cancel();
    assert.notEqual(mount.status, 201, name);
    const shouted = target.replace("&from", "&from=app&FROM");
    await (await t.ask(shouted, { method: "POST" })).body?.cancel();
  }
  for (const { method, path, query } of t.upstream.log) {
    assert.match(path, /^\/v2\/acme\/prod\/[a-z0-9]/, `${method} ${path}`);
    assert.doesNotMatch(path, /\.\.|%/, path);
    for (const from of query.getAll("from")) assert.match(from, /^acme\/prod\//);
    assert.equal(query.get("FROM"), null);
  }
});

Deno.test("vanity domains, several at one address, each with its own", async () => {
  await using t = await vanity();
  const accept = { headers: { accept: OCI_MANIFEST } };
  const mine = await t.ask("/v2/app/manifests/1", accept);
  assert.equal(mine.headers.get("docker-content-digest"), app.root.digest);
  const other = await t.ask("/v2/app/manifests/1", { ...accept, host: "S.example.com:8080" });
  const { digest } = images["acme/stage/app:1"].root;
  assert.equal(other.headers.get("docker-content-digest"), digest);
  const neither = await t.ask("/v2/app/manifests/1", { host: "t.example.com" });
  assert.equal(neither.status, 404);
});

Deno.test("vanity domain, what upstream says of an error is said in the client's names", async () => {
  await using t = await vanity();
  const at = new URL(t.upstream.url).host;
  const says = (status: number, error: object) =>
    t.upstream.fault({
      action: { kind: "answer", status, body: JSON.stringify({ errors: [error] }) },
    });
  const error = async (target = "/v2/app/tags/list") =>
    (await (await t.ask(target)).json()).errors[0];

  says(404, {
    code: "NAME_UNKNOWN",
    message: `no /v2/acme/prod/app/tags/list at ${at}, see acme/prod/team/tool`,
    detail: [{ Type: "repository", Name: "acme/prod/app" }, { name: "acme/prod/other/x" }],
  });
  assert.deepEqual(await error(), {
    code: "NAME_UNKNOWN",
    message: `${HOST} does not have app: no /v2/app/tags/list at ${HOST}, see team/tool`,
    detail: [{ Type: "repository", Name: "app" }, { name: "other/x" }],
  });

  says(403, { code: "DENIED", message: "project Acme is closed", detail: { project: "acme" } });
  assert.deepEqual(await error(), {
    code: "DENIED",
    message: "requested access to the resource is denied",
    detail: null,
  });
  assert.match(t.proxy.records.at(-1)!.message, /project Acme is closed/, "the log has it all");

  says(500, { code: "UNKNOWN", message: "boom" });
  assert.equal((await error()).message, `${HOST} answered 500: boom`);
  t.upstream.fault({ action: { kind: "close" }, times: 2 });
  assert.match((await error()).message, new RegExp(`^${HOST}: the connection was closed`));
  const unknown = await error("/v2/app/tags/list?ns=quay.io");
  assert.equal(unknown.message, '"quay.io" is not a registry of this proxy');
  assert.equal(unknown.detail, null);
});

Deno.test("vanity domain, the catalog in pages holds what lies below the prefix", async () => {
  await using t = await vanity();
  const pages: string[][] = [];
  let target: string | undefined = "/v2/_catalog?n=1";
  while (target !== undefined) {
    const response = await t.ask(target);
    const link: string = response.headers.get("link") ?? "";
    assert.doesNotMatch(link, /acme|zoo/);
    pages.push((await response.json()).repositories);
    target = /^<([^>]+)>; rel="next"$/.exec(link)?.[1];
  }
  assert.deepEqual(pages.flat(), ["app", "team/tool"]);
  const after = await t.ask("/v2/_catalog?last=app");
  assert.deepEqual(await after.json(), { repositories: ["team/tool"] });
  assert.equal(t.upstream.log.at(-1)!.query.get("last"), "acme/prod/app");
});

Deno.test("vanity domain, its pages tell of nothing else", async () => {
  await using t = await vanity({}, {}, { public_url: "https://berth.example.com" });
  const page = await t.ask("/", { headers: { accept: "text/html" } });
  assert.equal(page.status, 200);
  const text = await told(page);
  assert.match(text, /docker pull r\.example\.com\/name/);
  assert.doesNotMatch(text, /acme|127\.0\.0\.1|s\.example\.com|berth\.example/);
  const help = await t.ask("/help");
  assert.deepEqual(await help.json(), { [HOST]: `https://${HOST}` });
});

Deno.test("vanity domain, without hosts: the default registry that is alone has every address", async () => {
  await using upstream = await fakeRegistry({ images });
  await using proxy = await startProxy({
    default_registry: "prod",
    registries: { prod: { url: upstream.url, repo_prefix: "acme/prod" } },
  });
  const text = await told(await proxy.get("/"));
  const [, name] = /docker pull (\S+)\/name/.exec(text) ?? [];
  assert.equal(name, proxy.host);
  assert.doesNotMatch(text, /acme|prod/);
  const help = await proxy.get("/help");
  assert.deepEqual(await help.json(), { [proxy.host]: proxy.url });
  const pulled = await proxy.get("/v2/app/manifests/1");
  assert.equal(pulled.headers.get("docker-content-digest"), app.root.digest);
  await pulled.body?.cancel();
});
