import assert from "node:assert/strict";
import { join } from "node:path";
import { healthcheck, healthUrl } from "../../cli/healthcheck.ts";
import { testCertificate } from "../fake/cert.ts";
import { CLOSED_PORT } from "../fake/ports.ts";

const urls: [listen: string, secure: boolean, url: string][] = [
  [":8080", false, "http://127.0.0.1:8080/healthz"],
  ["0.0.0.0:80", false, "http://127.0.0.1:80/healthz"],
  ["[::]:8080", false, "http://[::1]:8080/healthz"],
  ["[2001:db8::7]:8443", true, "https://[2001:db8::7]:8443/healthz"],
  ["192.0.2.7:443", true, "https://192.0.2.7:443/healthz"],
];
for (const [listen, secure, url] of urls) {
  Deno.test(`healthUrl, ${listen}`, () => assert.equal(healthUrl(listen, secure), url));
}

async function check(args: string[]) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const cwd = await Deno.makeTempDir();
  try {
    const code = await healthcheck(args, { cwd, print: say, complain: say });
    return { code, said: said.join("\n") };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

for (const [status, code] of [[200, 0], [503, 1], [404, 1]] as const) {
  Deno.test(`healthcheck, ${status} is exit code ${code}`, async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => new Response(null, { status: request.url.endsWith("/healthz") ? status : 500 }),
    );
    const result = await check(["--listen", `127.0.0.1:${server.addr.port}`]);
    assert.equal(result.code, code);
    assert.match(result.said, status === 200 ? /is healthy$/ : new RegExp(`: ${status}$`));
  });
}

Deno.test("healthcheck, a configuration with a mistake is exit code 2", async () => {
  const result = await check(["--log-level", "loud"]);
  assert.equal(result.code, 2);
  assert.match(result.said, /log\.level/);
});

Deno.test("healthcheck, nobody there is exit code 1", async () => {
  const result = await check(["--listen", `127.0.0.1:${CLOSED_PORT}`]);
  assert.equal(result.code, 1);
  assert.match(result.said, /ECONNREFUSED/);
});

Deno.test("healthcheck, any certificate will do", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { cert, key } = await testCertificate(["registry.example.com"]);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
      () => new Response(),
    );
    const [certFile, keyFile] = [join(dir, "cert.pem"), join(dir, "key.pem")];
    await Deno.writeTextFile(certFile, cert);
    await Deno.writeTextFile(keyFile, key);
    const listen = `127.0.0.1:${(server as Deno.HttpServer<Deno.NetAddr>).addr.port}`;
    const tls = ["--tls-cert-file", certFile, "--tls-key-file", keyFile];
    assert.equal((await check(["--listen", listen, ...tls])).code, 0);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
