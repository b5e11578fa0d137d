/** proxy/serverless.ts as platforms run it: one file, and nothing but what the Web has. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { buildImage, type Image } from "./harness/image.ts";
import { finish, run } from "./harness/process.ts";
import type { RealRegistry, RegistryKind } from "./harness/registry.ts";
import { type Scratch, scratchDir } from "./harness/scratch.ts";
import { bundleServerless, denoServe } from "./harness/serverless.ts";
import { account, pullsApp, registryWith } from "./harness/vanity.ts";
import { freePort } from "../fake/ports.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

interface Shared {
  scratch: Scratch;
  bundle: string;
  image: Image;
}
let shared: Shared | undefined;

Deno.test.beforeAll(async () => {
  const scratch = await scratchDir("serverless");
  const bundle = join(scratch.path, "serverless.mjs");
  await bundleServerless(bundle);
  shared = { scratch, bundle, image: await buildImage(join(scratch.path, "image"), 100_000) };
});
Deno.test.afterAll(async () => {
  await shared?.scratch[Symbol.asyncDispose]();
});

/** A registry with the image in `team/app`, and one beside it that is not for the domain. */
function registryWithImage(kind: RegistryKind): Promise<RealRegistry> {
  return registryWith(kind, shared!.image, ["team/app", "secret/app"]);
}

interface Asked {
  url: string;
  method?: string;
  headers?: Record<string, string>;
}
interface Answer {
  status: number;
  headers: Record<string, string>;
  digest: string;
  text: string;
}

/** What the vanity domain is asked in every environment. */
function requests({ platforms: { amd64 }, tag }: Image): Asked[] {
  const at = (path: string, headers: Record<string, string> = { accept: INDEX }): Asked => ({
    url: `https://r.example.com${path}`,
    headers,
  });
  return [
    at("/v2/"),
    at(`/v2/app/manifests/${tag}`),
    at(`/v2/app/blobs/${amd64.layers[0]!}`),
    at("/v2/app/tags/list"),
    at(`/v2/secret/app/manifests/${tag}`),
    at("/app", { accept: "text/html" }),
    { ...at("/v2/app/blobs/uploads/"), method: "POST" },
  ];
}

function check(registry: RealRegistry, image: Image, answers: Answer[]): void {
  const [ping, manifest, blob, tags, secret, page, push] = answers;
  assert.deepEqual([ping!.status, ping!.text], [200, "{}"]);
  assert.equal(manifest!.digest, image.digest);
  assert.equal(manifest!.headers["docker-content-digest"], image.digest);
  assert.equal(manifest!.headers["content-type"], INDEX);
  assert.equal(blob!.digest, image.platforms.amd64.layers[0]);
  assert.deepEqual(JSON.parse(tags!.text), { name: "app", tags: [image.tag] });
  assert.equal(secret!.status, 404);
  assert.deepEqual([page!.status, page!.headers.location], [307, `${registry.url}/team/app`]);
  assert.equal(push!.status, 405);
}

/** Node's permissions: `files` and standard input may be read, and nothing else is allowed. */
async function nodePermissions(files: string[]): Promise<string[]> {
  const [major = 0] = (await run("node", ["--version"])).slice(1).split(".").map(Number);
  const read = files.map((file) => `--allow-fs-read=${file}`);
  if (major < 24) return ["--experimental-permission", ...read];
  return ["--permission", ...read, ...(major > 24 ? ["--allow-net"] : [])];
}

async function node(args: string[], asked: Asked[], env = {}): Promise<Answer[]> {
  const stdin = new TextEncoder().encode(JSON.stringify(asked));
  const { code, stdout, stderr } = await finish("node", ["--no-warnings", ...args], { stdin, env });
  assert.equal(code, 0, stderr);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("serverless bundle, imports nothing and names nothing of Node's or Deno's", async () => {
  const text = await Deno.readTextFile(shared!.bundle);
  assert.doesNotMatch(text, /^\s*import\s*["{*\w]/m);
  assert.doesNotMatch(text, /\bimport\([^)]|["']node:|\bDeno\.\w/);
});

Deno.test("serverless bundle, in Node without files, by the process's environment", async () => {
  const { bundle, image } = shared!;
  await using registry = await registryWithImage("open");
  const script = join(import.meta.dirname!, "serverless", "module.mjs");
  const permissions = await nodePermissions([script, bundle]);
  const env = { REGISTRY_HOST: registry.url, REPO_PREFIX: "team" };
  const answers = await node([...permissions, script, bundle], requests(image), env);
  check(registry, image, answers);
});

Deno.test("serverless bundle, with the Web's globals alone, environment with the request", async () => {
  const { bundle, image } = shared!;
  await using registry = await registryWithImage("open");
  const script = join(import.meta.dirname!, "serverless", "worker.mjs");
  const environment = JSON.stringify({
    CREV_REGISTRY_HOST: registry.url,
    CREV_REPO_PREFIX: "team",
  });
  const args = ["--experimental-vm-modules", script, bundle, environment];
  check(registry, image, await node(args, requests(image)));
});

Deno.test("serverless bundle, a client's own sign-in through the token endpoint", async () => {
  const { bundle, image } = shared!;
  await using registry = await registryWithImage("token");
  const script = join(import.meta.dirname!, "serverless", "worker.mjs");
  const environment = JSON.stringify({
    CREV_REGISTRY_HOST: registry.url,
    CREV_REPO_PREFIX: "team",
    CREV_TOKEN_URL: "/api/crev",
  });
  const args = ["--experimental-vm-modules", script, bundle, environment];
  const url = `https://r.example.com/v2/app/manifests/${image.tag}`;
  const [refused] = await node(args, [{ url }]);
  assert.equal(
    refused!.headers["www-authenticate"],
    'Bearer realm="https://r.example.com/api/crev",service="vanity",scope="repository:app:pull"',
  );
  const [granted] = await node(args, [{
    url: "https://r.example.com/api/crev?service=vanity&scope=repository:app:pull",
    headers: { authorization: `Basic ${btoa(account(registry))}` },
  }]);
  const { token } = JSON.parse(granted!.text);
  const headers = { accept: INDEX, authorization: `Bearer ${token}` };
  const [opened] = await node(args, [{ url, headers }]);
  assert.equal(opened!.digest, image.digest);
});

/** `deno serve` on the bundle, for what is below `team` of `registry`. */
function served({ url }: RealRegistry, more: Record<string, string> = {}) {
  const env = { REGISTRY_HOST: url, REPO_PREFIX: "team", ...more };
  return denoServe(shared!.bundle, freePort(), env);
}

Deno.test("deno serve, pulled by skopeo with the operator's header", async () => {
  const { image } = shared!;
  await using registry = await registryWithImage("htpasswd");
  const header = { AUTH_HEADER: `Basic ${btoa(account(registry))}` };
  await using server = await served(registry, header);
  await pullsApp(server.host, image);
});

Deno.test("deno serve, pulled by skopeo with an account of its own", async () => {
  const { image } = shared!;
  await using registry = await registryWithImage("token");
  await using server = await served(registry);
  await assert.rejects(pullsApp(server.host, image), /unauthorized|authentication/i);
  await pullsApp(server.host, image, { flags: ["--src-creds", account(registry)] });
});
