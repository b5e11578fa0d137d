import assert from "node:assert/strict";
import { bypassesProxy, type Environment, proxyFor } from "../../../proxy/upstream/proxies.ts";

const both = { http_proxy: "http://proxy:3128", https_proxy: "http://secure:3128" };

Deno.test("proxyFor, the environment as curl reads it", () => {
  const table: [url: string, env: Environment, proxy: string | undefined][] = [
    ["https://quay.io/", {}, undefined],
    ["https://quay.io/", both, "http://secure:3128"],
    ["http://quay.io/", both, "http://proxy:3128"],
    ["https://quay.io/", { HTTPS_PROXY: "secure:3128" }, "http://secure:3128"],
    ["https://quay.io/", { ALL_PROXY: "socks5://s:1080" }, "socks5://s:1080"],
    ["https://quay.io/", { https_proxy: "", HTTPS_PROXY: "http://upper:1" }, "http://upper:1"],
    ["https://quay.io/", { ...both, no_proxy: "*" }, undefined],
    ["https://quay.io/", { ...both, no_proxy: "quay.io" }, undefined],
    ["https://cdn.quay.io/", { ...both, NO_PROXY: "example.com, .quay.io" }, undefined],
    ["https://cdn.quay.io/", { ...both, no_proxy: "*.quay.io" }, undefined],
    ["https://notquay.io/", { ...both, no_proxy: "quay.io" }, "http://secure:3128"],
    ["https://quay.io/", { ...both, no_proxy: "quay.io:8443" }, "http://secure:3128"],
    ["https://quay.io:8443/", { ...both, no_proxy: "quay.io:8443" }, undefined],
    ["http://10.1.2.3/", { ...both, no_proxy: "10.0.0.0/8" }, undefined],
    ["http://11.1.2.3/", { ...both, no_proxy: "10.0.0.0/8" }, "http://proxy:3128"],
    ["http://[fd00::1]/", { ...both, no_proxy: "fd00::/8" }, undefined],
    ["http://[fd00::1]/", { ...both, no_proxy: "fd00::1" }, undefined],
    ["http://localhost:5000/", both, undefined],
    ["http://127.0.0.1:5000/", both, undefined],
  ];
  for (const [url, env, proxy] of table) {
    assert.equal(proxyFor(new URL(url), env), proxy, `${url} ${JSON.stringify(env)}`);
  }
});

Deno.test("bypassesProxy, direct although there is a proxy", () => {
  const env = { ...both, no_proxy: "quay.io:443" };
  assert.equal(bypassesProxy(new URL("https://quay.io/"), env), true);
  assert.equal(bypassesProxy(new URL("https://ghcr.io/"), env), false);
  assert.equal(bypassesProxy(new URL("http://127.0.0.1:5000/"), env), true);
  assert.equal(bypassesProxy(new URL("http://127.0.0.1:5000/"), {}), false);
});
