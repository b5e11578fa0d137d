import assert from "node:assert/strict";
import { adminFixture } from "../../fake/admin.ts";

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

Deno.test("originCheck, changes come from our own pages or from no page", async () => {
  await using admin = await adminFixture();
  const table: [Record<string, string>, boolean][] = [
    [{ "sec-fetch-site": "same-origin" }, true],
    [{ "sec-fetch-site": "same-origin", "content-type": FORM }, true],
    [{ origin: "http://berth.example:8081" }, true],
    [{ origin: "http://berth.example:8081", "content-type": FORM }, true],
    [{ "content-type": JSON_TYPE }, true],
    [{}, false],
    [{ "content-type": FORM }, false],
    [{ "content-type": "text/plain" }, false],
    [{ origin: "null", "content-type": JSON_TYPE }, false],
    [{ origin: "http://berth.example:9999", "content-type": JSON_TYPE }, false],
    [{ origin: "http://evil.example", "content-type": JSON_TYPE }, false],
    [{ "sec-fetch-site": "cross-site", "content-type": JSON_TYPE }, false],
    [{ "sec-fetch-site": "same-site", "content-type": JSON_TYPE }, false],
    [{ "sec-fetch-site": "none", "content-type": JSON_TYPE }, false],
    [{
      "sec-fetch-site": "cross-site",
      origin: "http://berth.example:8081",
      "content-type": JSON_TYPE,
    }, false],
  ];
  for (const [headers, allowed] of table) {
    const cookie = "berth_session=x";
    const response = await admin.ask("/api/v1/logout", {
      method: "POST",
      headers: { ...headers, cookie },
    });
    assert.equal(response.status, allowed ? 204 : 403, JSON.stringify(headers));
    if (!allowed) assert.match((await response.json()).title, /another site/);
  }
});

Deno.test("originCheck, scripts need no headers, with a token or where no sign-in is asked for", async () => {
  const open = "admin: { listen: 127.0.0.1:8081, auth: none }";
  const table: [Record<string, string>, boolean][] = [
    [{}, true],
    [{ "content-type": FORM }, true],
    [{ "content-type": JSON_TYPE }, true],
    [{ "sec-fetch-site": "same-origin" }, true],
    [{ "sec-fetch-site": "cross-site" }, false],
    [{ "sec-fetch-site": "cross-site", "content-type": FORM }, false],
    [{ origin: "http://evil.example" }, false],
    [{ origin: "null" }, false],
  ];
  await using admin = await adminFixture(open);
  for (const [headers, allowed] of table) {
    const ask = (method: string, path: string) =>
      admin.ask(`http://localhost:8081${path}`, { method, headers });
    const deleted = await ask("DELETE", "/api/v1/registries/nobody");
    assert.equal(deleted.status, allowed ? 404 : 403, JSON.stringify(headers));
    const reloaded = await ask("POST", "/api/v1/config/reload");
    assert.equal(reloaded.status === 403, !allowed, JSON.stringify(headers));
    await Promise.all([deleted.body?.cancel(), reloaded.body?.cancel()]);
  }
});

Deno.test("originCheck, without a session there is nothing to forge: the sign-in decides", async () => {
  await using admin = await adminFixture();
  const deleted = await admin.ask("/api/v1/registries/nobody", { method: "DELETE" });
  assert.equal(deleted.status, 401);
  await deleted.body?.cancel();
});

Deno.test("originCheck, knows the name that a trusted proxy was called by", async () => {
  await using admin = await adminFixture("trusted_proxies: [192.0.2.1]");
  const headers = {
    "content-type": JSON_TYPE,
    origin: "https://berth.example",
    "x-forwarded-host": "berth.example",
    "x-forwarded-proto": "https",
  };
  const ask = (from: string) =>
    admin.ask("http://10.0.0.1:8081/api/v1/logout", { method: "POST", headers, from });
  assert.equal((await ask("192.0.2.1")).status, 204);
  assert.equal((await ask("192.0.2.2")).status, 403);
});
