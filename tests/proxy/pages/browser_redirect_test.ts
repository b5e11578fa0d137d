import assert from "node:assert/strict";
import { configSchema } from "../../../proxy/config/schema.ts";
import { browserPage } from "../../../proxy/pages/browser_redirect.ts";
import { registryMap } from "../../../proxy/names/target.ts";
import { send } from "../../fake/http.ts";
import { startProxy } from "../../fake/proxy.ts";

const settings = {
  default_registry: "docker",
  registries: {
    docker: { url: "https://registry-1.docker.io", library: true, browser_redirects: true },
    gcr: { url: "https://gcr.io", hosts: ["r.example.com"], repo_prefix: "acme/prod" },
    quay: { url: "https://quay.io", hosts: ["q.example.com"] },
    hub: { url: "https://registry-1.docker.io", hosts: ["h.example.com"], repo_prefix: "acme" },
    shut: {
      url: "https://gcr.io",
      hosts: ["s.example.com"],
      repo_prefix: "acme/prod",
      browser_redirects: false,
    },
    deep: { url: "http://reg.example:5000/base/", hosts: ["d.example.com"], repo_prefix: "x" },
  },
};
const HTML = "text/html,application/xhtml+xml,*/*;q=0.8";
const DIGEST = `sha256:${"a".repeat(64)}`;

Deno.test("browserPage, where upstream shows what the path names", () => {
  const map = registryMap(configSchema.parse(settings));
  const table: [host: string, path: string, page: string | undefined][] = [
    ["r.example.com", "/app", "https://gcr.io/acme/prod/app"],
    ["r.example.com:8443", "/team/app/", "https://gcr.io/acme/prod/team/app"],
    ["r.example.com", "/app:1.0", "https://gcr.io/acme/prod/app:1.0"],
    ["r.example.com", `/app@${DIGEST}`, `https://gcr.io/acme/prod/app@${DIGEST}`],
    ["d.example.com", "/app", "http://reg.example:5000/base/x/app"],
    ["h.example.com", "/app:1", "https://hub.docker.com/r/acme/app"],
    ["berth.example.com", "/alpine", "https://hub.docker.com/_/alpine"],
    ["berth.example.com", "/org/app", "https://hub.docker.com/r/org/app"],
    ["berth.example.com", "/quay.io/org/app", undefined],
    ["q.example.com", "/app", undefined],
    ["s.example.com", "/app", undefined],
    ["r.example.com", "/APP", undefined],
    ["r.example.com", "/a//b", undefined],
    ["r.example.com", "/..", undefined],
    ["r.example.com", "//evil.example", undefined],
    ["r.example.com", "/%2f%2fevil.example", undefined],
    ["r.example.com", "/app:%0d%0a", undefined],
    ["r.example.com", "/app@sha256:1", undefined],
    ["berth.example.com", "/evil.example/app", undefined],
  ];
  for (const [host, path, page] of table) {
    const request = new Request("http://x", { headers: { accept: HTML } });
    assert.equal(browserPage(request, path, host, map), page, `${host}${path}`);
  }
  const client = new Request("http://x", { headers: { accept: "application/json, */*" } });
  assert.equal(browserPage(client, "/app", "r.example.com", map), undefined);
});

Deno.test("browser redirects, only for images: what is ours stays ours", async () => {
  await using proxy = await startProxy(settings);
  const ask = (target: string, method = "GET") =>
    send(proxy.host, { host: "r.example.com", target, method, headers: { accept: HTML } });
  const image = await ask("/app");
  assert.equal(image.status, 307);
  assert.equal(image.headers.get("location"), "https://gcr.io/acme/prod/app");
  for (const path of ["/", "/healthz", "/livez", "/readyz", "/help", "/v2/", "/v2"]) {
    assert.equal((await ask(path)).status, 200, path);
  }
  assert.equal((await ask("/v2/app/blobs/x")).status, 400);
  assert.equal((await ask("/token")).status, 404);
  assert.equal((await ask("/app", "POST")).status, 404);
});
