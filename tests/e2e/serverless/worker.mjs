/**
 * Runs a bundle the way that platforms for fetch handlers do: a context with the Web's globals and
 * nothing of Node's, no randomness, timers or requests before the first event, and the environment
 * handed in with each request (https://developers.cloudflare.com/workers/runtime-apis/).
 *
 * node --experimental-vm-modules worker.mjs BUNDLE ENVIRONMENT < REQUESTS > ANSWERS, all JSON
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createContext, SourceTextModule } from "node:vm";

const [bundle, environment] = process.argv.slice(2);
const requests = JSON.parse(readFileSync(0, "utf8"));

let running = false;
const duringEvents = (name, action) => (...args) => {
  if (!running) throw new Error(`${name} in global scope`);
  return action(...args);
};
const web = {
  AbortController,
  AbortSignal,
  Headers,
  ReadableStream,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  TransformStream,
  URL,
  URLSearchParams,
  WritableStream,
  atob,
  btoa,
  clearTimeout,
  queueMicrotask,
  performance: { now: () => 0 },
  fetch: duringEvents("fetch", fetch),
  setTimeout: duringEvents("setTimeout", setTimeout),
  crypto: {
    subtle: crypto.subtle,
    getRandomValues: duringEvents("getRandomValues", (array) => crypto.getRandomValues(array)),
    randomUUID: duringEvents("randomUUID", () => crypto.randomUUID()),
  },
};
const context = createContext(web, { codeGeneration: { strings: false, wasm: false } });
context.globalThis = context.self = context;
const module = new SourceTextModule(readFileSync(bundle, "utf8"), {
  context,
  identifier: "bundle",
});
await module.link((specifier) => {
  throw new Error(`the bundle imports ${specifier}`);
});
await module.evaluate();
running = true;

const answers = [];
for (const { url, ...init } of requests) {
  const handler = module.namespace.default;
  const response = await handler.fetch(new Request(url, init), JSON.parse(environment), {
    waitUntil() {},
  });
  const body = Buffer.from(await response.arrayBuffer());
  answers.push({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    digest: `sha256:${createHash("sha256").update(body).digest("hex")}`,
    text: body.length < 10_000 ? body.toString() : "",
  });
}
process.stdout.write(JSON.stringify(answers));
