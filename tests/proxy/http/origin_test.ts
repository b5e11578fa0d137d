import assert from "node:assert/strict";
import { originOf, parseNetworks, plainAddress } from "../../../proxy/http/origin.ts";

const trusted = parseNetworks(["10.0.0.0/8", "fd00::/8", "127.0.0.1"]);

function request(headers: Record<string, string>): Request {
  return new Request("http://berth:8080/v2/", { headers: { host: "berth:8080", ...headers } });
}

const URL_ASKED = new URL("http://berth:8080/v2/");

const FORWARDED = {
  "x-forwarded-for": "203.0.113.7, 198.51.100.2, 10.1.1.1",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "images.example.com",
};

Deno.test("originOf, headers of a stranger count for nothing", () => {
  assert.deepEqual(originOf(request(FORWARDED), URL_ASKED, "203.0.113.99", trusted), {
    client: "203.0.113.99",
    scheme: "http",
    host: "berth:8080",
    proxied: false,
    name: "",
  });
});

Deno.test("originOf, a trusted proxy is believed, up to the last address that is not trusted", () => {
  for (const peer of ["10.9.9.9", "::ffff:10.9.9.9", "fd00::1", "127.0.0.1"]) {
    assert.deepEqual(originOf(request(FORWARDED), URL_ASKED, peer, trusted), {
      client: "198.51.100.2",
      scheme: "https",
      host: "images.example.com",
      proxied: true,
      name: "",
    });
  }
});

Deno.test("originOf, nonsense in forwarded headers falls back to the connection", () => {
  const headers = {
    "x-forwarded-for": "unknown, <script>",
    "x-forwarded-proto": "gopher",
    "x-forwarded-host": "a b/../c",
  };
  assert.deepEqual(originOf(request(headers), URL_ASKED, "10.0.0.1", trusted), {
    client: "10.0.0.1",
    scheme: "http",
    host: "berth:8080",
    proxied: true,
    name: "",
  });
});

Deno.test("plainAddress, IPv4 in IPv6 is IPv4", () => {
  assert.equal(plainAddress("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
  assert.equal(plainAddress(""), "");
});

Deno.test("parseNetworks, names what is no network", () => {
  assert.throws(() => parseNetworks(["10.0.0.0/8", "example.com"]), /example\.com/);
});

Deno.test("originOf, a name is believed from a trusted proxy alone, and only if it is one", () => {
  const named = (name: string, peer: string, header = "x-node-name") =>
    originOf(request({ "x-node-name": name }), URL_ASKED, peer, trusted, header).name;
  assert.equal(named("node-7.example.com", "10.0.0.1"), "node-7.example.com");
  assert.equal(named("node-7", "203.0.113.99"), "");
  assert.equal(named("node-7", "10.0.0.1", ""), "");
  assert.equal(named("<b>node</b>", "10.0.0.1"), "");
});
