/** `policy.webhook` over the wire: a server that answers, hangs, lies and dies. */
import assert from "node:assert/strict";
import { trustOf } from "../../../proxy/cached/trust_of.ts";
import { NO_BOOK, TrustBook } from "../../../proxy/trust/book.ts";
import { image } from "../../fake/content.ts";
import { cachedPair } from "../../fake/pair.ts";
import { freePort } from "../../fake/ports.ts";
import { MANIFEST } from "./cached_pair.ts";

const images = { "org/app:v1": image() };

/** What a client gets while the server at `url` decides. */
async function got(url: string, on_error: "allow" | "deny"): Promise<[number, string]> {
  const book = await TrustBook.open(NO_BOOK);
  await using t = await cachedPair({
    registry: { images },
    // Longer where an answer is meant to come.
    settings: {
      policy: { webhook: { url, timeout: url.includes("/hang") ? "50ms" : "30s", on_error } },
    },
    trust: (config, cache) => trustOf(config, { cache, book, now: Date.now }),
  });
  const response = await t.proxy.get("/v2/org/app/manifests/v1", MANIFEST);
  const text = await response.text();
  return [response.status, response.ok ? "" : JSON.parse(text).errors[0].message];
}

Deno.test("policy.webhook, one that hangs, lies, breaks off or is not there counts as on_error says", async () => {
  const over = new AbortController();
  const json = (value: unknown, init?: ResponseInit) => Response.json(value, init);
  const answers: Record<string, () => Response | Promise<Response>> = {
    "/allow": () => json({ decision: "allow" }),
    "/deny": () => json({ decision: "deny", reason: "CVE-2026-1" }),
    "/hang": () =>
      new Promise((resolve) =>
        over.signal.addEventListener("abort", () => resolve(json({ decision: "allow" })))
      ),
    "/error": () => json({ decision: "allow" }, { status: 500 }),
    "/elsewhere": () => new Response(null, { status: 307, headers: { location: "/allow" } }),
    "/html": () => new Response("<p>allow</p>", { headers: { "content-type": "text/html" } }),
    "/long": () => json({ decision: "allow", reason: "x".repeat(100_000) }),
    "/breaks": () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"decision": "al'));
            controller.error(new Error("gone"));
          },
        }),
      ),
  };
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    },
    (request) => answers[new URL(request.url).pathname]!(),
  );
  const base = `http://127.0.0.1:${server.addr.port}`;
  assert.equal((await got(`${base}/allow`, "deny"))[0], 200);
  const [status, message] = await got(`${base}/deny`, "allow");
  assert.equal(status, 403);
  assert.match(message, /was refused: CVE-2026-1 \(policy\.webhook\)/);
  const wrong = ["/hang", "/error", "/elsewhere", "/html", "/long", "/breaks"].map((it) =>
    base + it
  );
  for (const url of [...wrong, `http://127.0.0.1:${freePort()}/`]) {
    const [status, message] = await got(url, "deny");
    assert.equal(status, 403, url);
    assert.match(message, /policy\.webhook could not be asked; see the log/, url);
    assert.equal((await got(url, "allow"))[0], 200, url);
  }
  over.abort();
  await server.shutdown();
});
