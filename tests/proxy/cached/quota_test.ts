/** A registry whose quota is nearly used up is spared, as far as it has announced it. */
import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import { Authenticators } from "../../../proxy/access/users.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { startServer } from "../../../proxy/server.ts";
import { QuotaBook } from "../../../proxy/upstream/quota.ts";
import { image, OCI_MANIFEST } from "../../fake/content.ts";
import { fakeRegistry } from "../../fake/registry.ts";

const app = image();

Deno.test("quota nearly used, a tag that is held is served without asking", async () => {
  const table: [title: string, headers: Record<string, string>, asked: boolean][] = [
    ["4 of 100", { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "4;w=21600" }, false],
    ["without a window", { "ratelimit-limit": "100", "ratelimit-remaining": "4" }, false],
    ["window with one", { "ratelimit-limit": "100", "ratelimit-remaining": "4;w=60" }, false],
    ["all of it used", { "ratelimit-limit": "100;w=60", "ratelimit-remaining": "0;w=60" }, false],
    ["plenty", { "ratelimit-limit": "100;w=60", "ratelimit-remaining": "90;w=60" }, true],
    ["nothing said", {}, true],
    ["nonsense", { "ratelimit-limit": "x", "ratelimit-remaining": "-4" }, true],
  ];
  for (const method of ["GET", "HEAD"]) {
    for (const [title, headers, asked] of table) {
      await using stack = new AsyncDisposableStack();
      const dir = await Deno.makeTempDir({ prefix: "berth-quota-" });
      stack.defer(() => Deno.remove(dir, { recursive: true }));
      const upstream = stack.use(await fakeRegistry({ images: { "org/app:latest": app } }));
      upstream.fault({ path: /manifests/, times: Infinity, action: { kind: "headers", headers } });
      const cache = await openCache({ dir, scrubRate: 0 });
      stack.defer(() => cache.close());
      const config = configSchema.parse({
        listen: "127.0.0.1:0",
        default_registry: "hub",
        registries: { hub: { url: upstream.url } },
      });
      const server = await startServer(config, {
        cache,
        quota: new QuotaBook(),
        authenticators: new Authenticators({ now: Date.now, failed: () => {} }),
        env: {},
        started: () => true,
        now: Date.now,
        onRecord: () => {},
      });
      stack.defer(() => server.close(0));
      const url = `http://127.0.0.1:${server.address!.port}/v2/org/app/manifests/latest`;
      const get = async (method: string) => {
        const response = await fetch(url, { method, headers: { accept: OCI_MANIFEST } });
        assert.equal(response.status, 200);
        await response.bytes();
        return response.headers.get("cache-status");
      };
      await get("GET");
      while (cache.fills().length > 0) await new Promise((resolve) => setImmediate(resolve));
      const before = upstream.count("HEAD", /manifests/) + upstream.count("GET", /manifests/);
      const status = await get(method);
      const after = upstream.count("HEAD", /manifests/) + upstream.count("GET", /manifests/);
      assert.equal(after > before, asked, `${method} ${title}: ${status}`);
      if (!asked) assert.equal(status, "berth; hit; detail=stale", title);
    }
  }
});
