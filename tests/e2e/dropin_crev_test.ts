/**
 * Berth in crev's place: a vanity domain told by `CREV_…`, as a program and as the handler that a
 * platform mounts.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  descriptor,
  image as fakeImage,
  OCI_MANIFEST,
  type Stored,
  stored,
} from "../fake/content.ts";
import { fakeRegistry } from "../fake/registry.ts";
import { configSays, type Invocation, migrated, startAs } from "./harness/dropin.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { podmanStore } from "./harness/podman.ts";
import { run } from "./harness/process.ts";
import { type RealRegistry, type RegistryKind, startRegistry } from "./harness/registry.ts";
import { type Scratch, scratchDir } from "./harness/scratch.ts";
import { bundleServerless, denoServe, type Served } from "./harness/serverless.ts";
import { skopeoPull } from "./harness/skopeo.ts";
import { account, pullsApp, registryWith } from "./harness/vanity.ts";
import { freePort } from "../fake/ports.ts";

/** What crev's page has in vercel.json: these paths, and no other, lead to the handler. */
const MOUNT = `import handler from "./serverless.mjs";
const MOUNTED = /^\\/(v2(\\/.*)?|api\\/crev)$/;
export default {
  fetch: (request, info) =>
    MOUNTED.test(new URL(request.url).pathname)
      ? handler.fetch(request, info)
      : new Response("the site itself", { status: 404 }),
};
`;

let shared: { scratch: Scratch; image: Image; mount: string } | undefined;

Deno.test.beforeAll(async () => {
  const scratch = await scratchDir("crev");
  const mount = join(scratch.path, "crev.mjs");
  await bundleServerless(join(scratch.path, "serverless.mjs"));
  await Deno.writeTextFile(mount, MOUNT);
  const image = await buildImage(join(scratch.path, "image"), 1_000_000);
  shared = { scratch, image, mount };
});
Deno.test.afterAll(async () => {
  await shared?.scratch[Symbol.asyncDispose]();
});

type StartCrev = (port: number, env: Record<string, string>) => Promise<Served>;

/** The ways to run it. */
const CREV: Record<string, StartCrev> = {
  "berth": (port, env) => startAs({ ...asProgram(port, env), port }),
  "deno serve": (port, env) => denoServe(shared!.mount, port, env),
};

/** crev is told by its platform where to listen; Berth has a key for that. */
function asProgram(port: number, env: Record<string, string>): Invocation {
  return { args: [`--listen=127.0.0.1:${port}`], env };
}

/** A registry with the image in `acme/app`, and one that is not for the domain beside it. */
function registryWithImage(kind: RegistryKind): Promise<RealRegistry> {
  return registryWith(kind, shared!.image, ["acme/app", "secret/app"]);
}

function environment({ host }: { host: string }): Record<string, string> {
  return {
    CREV_REGISTRY_HOST: host,
    CREV_REGISTRY_SCHEME: "http",
    CREV_REPO_PREFIX: "acme",
    CREV_TOKEN_URL: "/api/crev",
  };
}

/** skopeo gets the image by its vanity name, and nothing from beside the prefix. */
function pulls({ host }: Served, flags: string[] = []): Promise<void> {
  return pullsApp(host, shared!.image, { flags, beside: ["acme/app", "secret/app"] });
}

for (const [kind, startCrev] of Object.entries(CREV)) {
  Deno.test(`crev as ${kind}, pulled by the vanity name from a public registry`, async () => {
    const { image } = shared!;
    await using registry = await registryWithImage("open");
    await using crev = await startCrev(freePort(), environment(registry));
    await pulls(crev);
    await using store = await podmanStore();
    const name = `${crev.host}/app:${image.tag}`;
    await store.podman("pull", "--quiet", "--tls-verify=false", name);
    await store.holds(name, image.platforms.amd64);
  });

  Deno.test(`crev as ${kind}, the token endpoint stands where CREV_TOKEN_URL says`, async (t) => {
    await using registry = await registryWithImage("token");
    const port = freePort();
    const absolute = `http://127.0.0.1:${port}/api/crev`;
    const spellings: Record<string, string>[] = [
      { CREV_TOKEN_URL: "/api/crev" },
      { CREV_TOKEN_URL: "api/crev" },
      { CREV_TOKEN_URL: absolute },
      { CREV_TOKEN_URL: "", CREV_TOKEN_PATHNAME: "/api/crev" },
    ];
    for (const spelling of spellings) {
      const name = Object.entries(spelling).map((pair) => pair.join("=")).join(" ");
      await t.step(name, async () => {
        await using crev = await startCrev(port, { ...environment(registry), ...spelling });
        const refused = await fetch(`${crev.url}/v2/app/tags/list`);
        assert.ok(refused.headers.get("www-authenticate")?.includes(`realm="${absolute}"`));
        await refused.body?.cancel();
        await pulls(crev, ["--src-creds", account(registry)]);
      });
    }
  });

  Deno.test(`crev as ${kind}, what is no image passes as it is`, async () => {
    await using registry = await startRegistry();
    const feature = stored(new TextEncoder().encode("a tar, by its name"), LAYER);
    const config = stored({}, "application/vnd.devcontainers");
    const manifest = await pushArtifact(registry, "acme/features/deno", config, feature);
    await using crev = await startCrev(freePort(), environment(registry));

    const base = `${crev.url}/v2/features/deno`;
    const fetched = await fetch(`${base}/manifests/1`, { headers: { accept: OCI_MANIFEST } });
    assert.equal(fetched.headers.get("content-type"), OCI_MANIFEST);
    assert.equal(fetched.headers.get("docker-content-digest"), manifest.digest);
    assert.deepEqual(await fetched.bytes(), manifest.bytes);
    for (const { digest, bytes } of [config, feature]) {
      assert.deepEqual(await (await fetch(`${base}/blobs/${digest}`)).bytes(), bytes);
    }
    const name = `docker://${crev.host}/features/deno:1`;
    const raw = await run("skopeo", ["inspect", "--raw", "--tls-verify=false", name]);
    assert.deepEqual(new TextEncoder().encode(raw), manifest.bytes);
  });

  Deno.test(`crev's hole, the prefix is doubled in the challenge: not by ${kind}`, async () => {
    const app = fakeImage({ platforms: ["linux/amd64", "linux/arm64"] });
    await using upstream = await fakeRegistry({
      images: { "acme/app:1": app },
      auth: { scheme: "bearer" },
    });
    await using crev = await startCrev(freePort(), environment(upstream));
    const refused = await fetch(`${crev.url}/v2/app/manifests/1`);
    assert.equal(
      refused.headers.get("www-authenticate"),
      `Bearer realm="${crev.url}/api/crev",service="vanity",scope="repository:app:pull"`,
    );
    await refused.body?.cancel();
    await using scratch = await scratchDir("pulled");
    await skopeoPull(`${crev.host}/app:1`, scratch.path);
    const scopes = upstream.seen("GET", /./, "token").flatMap(({ query }) => query.getAll("scope"));
    assert.deepEqual(new Set(scopes), new Set(["repository:acme/app:pull"]));
  });

  Deno.test(`crev's hole, request headers are logged: ${kind} logs none of them`, async () => {
    await using upstream = await fakeRegistry({
      images: { "acme/app:1": fakeImage() },
      auth: { scheme: "bearer", users: { ann: "right" }, private: ["acme/app"] },
    });
    const env = { ...environment(upstream), BERTH_LOG_LEVEL: "debug" };
    await using crev = await startCrev(freePort(), env);
    const secrets: string[] = [];
    const secret = () => secrets[secrets.push(crypto.randomUUID()) - 1]!;
    for (
      const path of ["v2/", "v2/app/manifests/1", "v2/none/tags/list", "v2/UPPER/x", "nowhere"]
    ) {
      for (const scheme of ["Basic", "Bearer"]) {
        const response = await fetch(`${crev.url}/${path}`, {
          headers: {
            authorization: `${scheme} ${secret()}`,
            cookie: `session=${secret()}`,
            "proxy-authorization": secret(),
            "user-agent": secret(),
            "x-api-key": secret(),
          },
        });
        await response.body?.cancel();
      }
    }
    const authorization = `Basic ${btoa("ann:right")}`;
    const query = "scope=repository:app:pull";
    const { token } = await (await fetch(`${crev.url}/api/crev?${query}`, {
      headers: { authorization },
    })).json();
    const form = { grant_type: "password", username: "ann", password: secret() };
    const body = new URLSearchParams(form);
    await (await fetch(`${crev.url}/api/crev`, { method: "POST", body })).body?.cancel();
    await skopeoPull(`${crev.host}/app:1`, join(shared!.scratch.path, kind), [
      ...["--src-creds", "ann:right"],
    ]);
    const output = await crev.output();
    if (kind === "berth") assert.match(output, / DEBUG /);
    for (const value of [...secrets, authorization.slice(6), token]) {
      assert.ok(!output.includes(value), output);
    }
  });
}

const LAYER = "application/vnd.devcontainers.layer.v1+tar";

/** Puts `layer` with its `config` under tag 1 of `repository`, as `oras push` does. */
async function pushArtifact(
  { url }: RealRegistry,
  repository: string,
  config: Stored,
  layer: Stored,
): Promise<Stored> {
  const base = `${url}/v2/${repository}`;
  const put = async (to: string, { mediaType, bytes }: Stored) => {
    const headers = { "content-type": mediaType };
    const response = await fetch(to, { method: "PUT", headers, body: bytes });
    assert.equal(response.status, 201, await response.text());
  };
  for (const blob of [config, layer]) {
    const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    await begun.body?.cancel();
    const to = new URL(begun.headers.get("location")!, url);
    to.searchParams.set("digest", blob.digest);
    await put(to.href, { ...blob, mediaType: "application/octet-stream" });
  }
  const manifest = stored({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config),
    layers: [descriptor(layer)],
  }, OCI_MANIFEST);
  await put(`${base}/manifests/1`, manifest);
  return manifest;
}

Deno.test("crev, config print names each origin; config migrate writes what does the same", async () => {
  await using registry = await registryWithImage("token");
  const port = freePort();
  const invocation = asProgram(port, environment(registry));
  await configSays(invocation, [
    "token_url: /api/crev # environment CREV_TOKEN_URL",
    `    url: ${registry.url} # environment CREV_REGISTRY_HOST`,
    "    repo_prefix: acme # environment CREV_REPO_PREFIX",
    "      mode: client # as crev does",
  ]);
  await using berth = await startAs({ ...await migrated(invocation), port });
  await pulls(berth, ["--src-creds", account(registry)]);
});
