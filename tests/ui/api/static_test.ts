import assert from "node:assert/strict";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { staticFiles } from "../../../ui/api/static.ts";

const SCRIPT = "export const answer = 42;\n".repeat(100);

async function withFiles(run: (get: Get) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  await Deno.mkdir(join(dir, "assets"));
  await Deno.writeTextFile(join(dir, "index.html"), "<!doctype html><title>Berth</title>");
  await Deno.writeTextFile(join(dir, "assets", "app-1A2B3C4D.js"), SCRIPT);
  const handler = staticFiles(dir);
  try {
    await run((path, headers = {}) => handler(new Request(`http://x${path}`, { headers })));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
type Get = (path: string, headers?: Record<string, string>) => Promise<Response>;

Deno.test("staticFiles, hashed names are kept for good, pages are asked for again", async () => {
  await withFiles(async (get) => {
    const script = await get("/assets/app-1A2B3C4D.js");
    assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.match(script.headers.get("cache-control")!, /immutable/);
    assert.equal(await script.text(), SCRIPT);
    const page = await get("/index.html");
    assert.equal(page.headers.get("cache-control"), "no-cache");
    const again = await get("/index.html", { "if-none-match": `W/${page.headers.get("etag")!}` });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
    await page.body?.cancel();
  });
});

Deno.test("staticFiles, compressed once, as the browser accepts", async () => {
  await withFiles(async (get) => {
    const path = "/assets/app-1A2B3C4D.js";
    const br = await get(path, { "accept-encoding": "gzip, deflate, br" });
    assert.equal(br.headers.get("content-encoding"), "br");
    const bytes = new Uint8Array(await br.arrayBuffer());
    assert.ok(bytes.length < 200);
    assert.equal(brotliDecompressSync(bytes).toString(), SCRIPT);
    const gzip = await get(path, { "accept-encoding": "br;q=0, gzip" });
    assert.equal(gzip.headers.get("content-encoding"), "gzip");
    assert.equal(gunzipSync(new Uint8Array(await gzip.arrayBuffer())).toString(), SCRIPT);
    assert.notEqual(br.headers.get("etag"), gzip.headers.get("etag"));
  });
});

Deno.test("staticFiles, deep links get the page, missing files a 404", async () => {
  await withFiles(async (get) => {
    for (const path of ["/", "/registries", "/cache/images/docker/library/alpine:3.22"]) {
      assert.match(await (await get(path)).text(), /Berth/, path);
    }
    for (const path of ["/gone.js", "/assets/../../etc/passwd.txt", "/%2e%2e/secret.txt"]) {
      const response = await get(path);
      assert.deepEqual([response.status, await response.text()], [404, "Not found\n"], path);
    }
  });
});

Deno.test("staticFiles, a build without the dashboard says so", async () => {
  const response = await staticFiles("/nowhere/at/all")(new Request("http://x/"));
  assert.equal(response.status, 404);
  assert.match(await response.text(), /not part of this build/);
});
