import assert from "node:assert/strict";
import { createAllowList } from "../../../proxy/forward/hosts/allow_list.ts";
import {
  formatEndpoint,
  isOwn,
  isWithin,
  parseEndpoint,
} from "../../../proxy/forward/hosts/endpoint.ts";
import { configSchema } from "../../../proxy/config/schema.ts";

const config = configSchema.parse({
  registries: {
    docker: { url: "https://registry-1.docker.io", aliases: ["docker.io"], library: true },
    quay: { url: "https://quay.io" },
    lab: { url: "https://registry.lab:5443", hosts: ["images.lab"] },
    plain: { url: "http://plain.lab" },
  },
  forward: {
    allowed_hosts: ["Example.com", "odd.example:8443", "/cdn[0-9]+\\.example/", "/deb\\.lab:\\d+/"],
    intercept: ["docker", "registry.lab:5443", "plain"],
  },
});

Deno.test("allow list, a closed list of hosts and ports", () => {
  const list = createAllowList(config);
  const table: [string, string][] = [
    ["example.com:443", "public"],
    ["example.com:80", "public"],
    ["EXAMPLE.com.:443", "public"],
    ["example.com:22", "port"],
    ["www.example.com:443", "host"],
    ["exampleXcom:443", "host"],
    ["odd.example:8443", "public"],
    ["odd.example:443", "port"],
    ["cdn12.example:443", "public"],
    ["CDN12.example:443", "public"],
    ["cdn12.example:8080", "port"],
    ["xcdn12.example:443", "host"],
    ["cdn12.example.evil:443", "host"],
    ["deb.lab:3142", "public"],
    ["quay.io:443", "any"],
    ["quay.io:80", "public"],
    ["quay.io:8443", "port"],
    ["cdn01.quay.io:443", "public"],
    ["auth.docker.io:443", "public"],
    ["production.cloudflare.docker.com:443", "public"],
    ["docker-images-prod.6aa30f8b.r2.cloudflarestorage.com:443", "public"],
    ["other.r2.cloudflarestorage.com:443", "host"],
    ["docker.io:443", "any"],
    ["registry.lab:5443", "any"],
    ["registry.lab:443", "public"],
    ["images.lab:80", "any"],
    ["plain.lab:80", "any"],
    ["169.254.169.254:80", "host"],
  ];
  for (const [text, expected] of table) {
    const verdict = list.verdict(parseEndpoint(text)!);
    const found = verdict.allowed ? verdict.reach : verdict.reason;
    assert.equal(found, expected, text);
  }
});

Deno.test("allow list, allow_private opens private addresses for every allowed host", () => {
  const forward = { ...config.forward, allow_private: true };
  const list = createAllowList({ ...config, forward });
  const verdict = list.verdict({ host: "example.com", port: 443 });
  assert.deepEqual(verdict, { allowed: true, reach: "private" });
});

Deno.test("allow list, registries by name, host or alias are intercepted", () => {
  const list = createAllowList(config);
  const table: [string, string | undefined][] = [
    ["registry-1.docker.io:443", "docker"],
    ["docker.io:443", "docker"],
    ["registry.lab:5443", "lab"],
    ["images.lab:443", "lab"],
    ["registry.lab:443", undefined],
    ["images.lab:80", undefined],
    ["plain.lab:80", undefined],
    ["quay.io:443", undefined],
    ["example.com:443", undefined],
  ];
  for (const [text, name] of table) {
    assert.equal(list.interceptedAt(parseEndpoint(text)!), name, text);
  }
  assert.equal(list.registryAt({ host: "quay.io", port: 443 }), "quay");
  assert.deepEqual(list.interceptedHosts, [
    "registry-1.docker.io",
    "docker.io",
    "registry.lab",
    "images.lab",
  ]);
});

Deno.test("parseEndpoint, hosts and ports as requests name them", () => {
  const table: [string, string | undefined][] = [
    ["ghcr.io:443", "ghcr.io:443"],
    ["GHCR.io.:443", "ghcr.io:443"],
    ["[2001:DB8::1]:443", "[2001:db8::1]:443"],
    ["10.0.0.1:5000", "10.0.0.1:5000"],
    ["under_score.example:443", "under_score.example:443"],
    ["ghcr.io", undefined],
    ["ghcr.io:0", undefined],
    ["ghcr.io:65536", undefined],
    ["ghcr.io:443:443", undefined],
    ["user@ghcr.io:443", undefined],
    ["ghcr.io/x:443", undefined],
    [":443", undefined],
    ["..:443", undefined],
    ["-x.example:443", undefined],
    ["2001:db8::1:443", undefined],
    ["[::1:443", undefined],
    ["[nonsense]:443", undefined],
    ["ghcr\u0000.io:443", undefined],
    [`${"a".repeat(64)}.example:443`, undefined],
  ];
  for (const [text, expected] of table) {
    const endpoint = parseEndpoint(text);
    assert.equal(endpoint && formatEndpoint(endpoint), expected, text);
  }
  assert.deepEqual(parseEndpoint("ghcr.io", 80), { host: "ghcr.io", port: 80 });
});

Deno.test("isWithin, which addresses a host may have", () => {
  const table: [string, boolean, boolean][] = [
    ["1.1.1.1", true, true],
    ["2606:4700::1111", true, true],
    ["64:ff9b::101:101", true, true],
    ["127.0.0.1", false, true],
    ["10.1.2.3", false, true],
    ["::ffff:10.0.0.1", false, true],
    ["64:ff9b::a00:1", false, true],
    ["fc00::1", false, true],
    ["169.254.169.254", false, false],
    ["fe80::1", false, false],
    ["0.0.0.0", false, false],
    ["::", false, false],
    ["224.0.0.1", false, false],
  ];
  for (const [address, open, inside] of table) {
    assert.equal(isWithin(address, "public"), open, address);
    assert.equal(isWithin(address, "private"), inside, address);
    assert.equal(isWithin(address, "any"), true, address);
  }
});

Deno.test("isOwn, this machine by any of its addresses", () => {
  const own = ["192.0.2.7", "fe80::1"];
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "192.0.2.7"]) {
    assert.equal(isOwn(address, own), true, address);
  }
  assert.equal(isOwn("::ffff:192.0.2.7", own), true);
  assert.equal(isOwn("192.0.2.8", own), false);
});
