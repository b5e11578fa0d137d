/** Signing in at a dashboard that speaks TLS. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startBerth } from "./harness/berth.ts";
import { makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { hashed, PASSWORD } from "./harness/dashboard.ts";
import { scratchDir } from "./harness/scratch.ts";
import { listens, until } from "./harness/wait.ts";

for (const form of ["registry", "files"] as const) {
  Deno.test(`dashboard over TLS (${form}), signs in with a cookie that is good over TLS alone`, async () => {
    await using scratch = await scratchDir("dashboard-tls");
    const authority = await makeAuthority(scratch.path);
    const { certFile, keyFile } = await makeServerCertificate(scratch.path, authority);
    const pair = { cert_file: certFile, key_file: keyFile };
    const password_hash = await hashed(PASSWORD);
    await using berth = await startBerth(
      form === "registry"
        ? { tls: pair, admin: { tls: "registry", password_hash } }
        : { admin: { tls: pair, password_hash } },
    );
    const address = berth.admin.replace("http:", "https:");
    await until("dashboard", () => listens(Number(new URL(address).port)));
    using client = Deno.createHttpClient({
      caCerts: [await Deno.readTextFile(join(scratch.path, "ca.crt"))],
    });
    const login = await fetch(`${address}/api/v1/login`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: address },
      body: JSON.stringify({ username: "admin", password: PASSWORD }),
      client,
    });
    assert.equal((await login.json()).signedIn, true);
    const cookie = login.headers.get("set-cookie")!;
    assert.match(cookie, /^__Host-berth_session=.*; Secure/);
    const [value = ""] = cookie.split(";");
    const status = async (cookie: string) => {
      const response = await fetch(`${address}/api/v1/status`, { headers: { cookie }, client });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status(value), 200);
    assert.equal(await status(value.replace("__Host-", "")), 401, "as one of plain HTTP");
    await assert.rejects(fetch(`${address}/healthz`), (error: Error) => {
      assert.match(String(error.cause), /certificate/i);
      return true;
    });
    await assert.rejects(fetch(`${berth.admin}/healthz`), "plain HTTP");
  });
}
