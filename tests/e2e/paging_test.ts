/** Lists longer than a page, and referrers of registries of every kind, as clients ask for them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { descriptor, image, OCI_INDEX, referrer, stored } from "../fake/content.ts";
import { type FakeRegistry, fakeRegistry, type FakeRegistryOptions } from "../fake/registry.ts";
import { referrersOf } from "../fake/repository.ts";
import type { FaultAction } from "../fake/wire.ts";
import { type Berth, type Settings, startBerth } from "./harness/berth.ts";
import { run } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";

const app = image();
const TAGS = Array.from({ length: 7 }, (_, index) => `v${index}`);
const REPOSITORIES = ["library/app", "org/a", "org/b", "org/c", "org/d"];
const SBOM = "application/vnd.example.sbom";
const SIGNATURE = "application/vnd.example.signature";
const referring = [SBOM, SIGNATURE, SBOM, SBOM, SIGNATURE].map((artifactType, index) => ({
  artifactType,
  ...referrer(app.root, artifactType, `${index}`),
}));

/** Digests of what refers to the image, all or of one type. */
function digests(type?: string): string[] {
  return referring.filter(({ artifactType }) => type === undefined || artifactType === type)
    .map(({ root }) => root.digest).sort();
}

interface Listed extends AsyncDisposable {
  upstream: FakeRegistry;
  berth: Berth;
  /** The image with referrers, as clients call it. */
  name: string;
}

/** Berth before a registry with five repositories of seven tags, two on a page. */
async function start(
  options: FakeRegistryOptions = {},
  settings: Settings = {},
): Promise<Listed> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeRegistry({ pageSize: 2, ...options }));
  for (const repository of REPOSITORIES) {
    for (const tag of TAGS) upstream.add(`${repository}:${tag}`, app);
  }
  const registries = { hub: { url: upstream.url } };
  const berth = stack.use(await startBerth({ default_registry: "hub", registries, ...settings }));
  const owned = stack.move();
  const name = `${berth.host}/library/app:${TAGS[0]}`;
  return { upstream, berth, name, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Words that a client prints one a line, sorted. */
async function lines(command: string, ...args: string[]): Promise<string[]> {
  const text = await run(command, args);
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "").sort();
}

/** `regctl` with `host` reached without TLS. */
function regctl(host: string, ...args: string[]): Promise<string[]> {
  return lines("regctl", "--host", `reg=${host},tls=disabled`, ...args);
}

/** Every client's way to list the tags of a repository. */
const TAG_LISTS: Record<string, (host: string, repository: string) => Promise<string[]>> = {
  "crane ls": (host, name) => lines("crane", "ls", "--insecure", `${host}/${name}`),
  "oras repo tags": (host, name) =>
    lines("oras", "repo", "tags", "--plain-http", `${host}/${name}`),
  "regctl tag ls": (host, name) => regctl(host, "tag", "ls", `${host}/${name}`),
  "skopeo list-tags": async (host, name) => {
    const args = ["list-tags", "--tls-verify=false", `docker://${host}/${name}`];
    return JSON.parse(await run("skopeo", args)).Tags.sort();
  },
};

/** Every client's way to list repositories. */
const CATALOGS: Record<string, (host: string) => Promise<string[]>> = {
  "crane catalog": (host) => lines("crane", "catalog", "--insecure", host),
  "oras repo ls": (host) => lines("oras", "repo", "ls", "--plain-http", host),
};

/** Every client's way to list the digests of what refers to an image, of one type where given. */
const REFERRERS: Record<string, (host: string, image: string, type?: string) => Promise<string[]>> =
  {
    "oras discover": async (_, image, type) => {
      const filter = type === undefined ? [] : ["--artifact-type", type];
      const args = ["discover", "--plain-http", "--format", "json", ...filter, image];
      const { referrers } = JSON.parse(await run("oras", args));
      return (referrers ?? []).map(({ digest }: { digest: string }) => digest).sort();
    },
    "regctl artifact list": (host, image, type) => {
      const format = "{{range .Descriptors}}{{println .Digest}}{{end}}";
      const filter = type === undefined ? [] : ["--filter-artifact-type", type];
      return regctl(host, "artifact", "list", "--format", format, ...filter, image);
    },
  };

for (const links of ["relative", "absolute"] as const) {
  for (const [client, list] of Object.entries(TAG_LISTS)) {
    Deno.test(`${client}, every page of a registry with ${links} links`, async () => {
      await using t = await start({ links });
      assert.deepEqual(await list(t.berth.host, "library/app"), TAGS);
      assert.ok(t.upstream.count("GET", /tags\/list/) >= TAGS.length / 2);
    });
  }

  for (const [client, list] of Object.entries(CATALOGS)) {
    Deno.test(`${client}, every page of a registry with ${links} links`, async () => {
      await using t = await start({ links });
      assert.deepEqual(await list(t.berth.host), REPOSITORIES);
      assert.ok(t.upstream.count("GET", /_catalog/) >= REPOSITORIES.length / 2);
    });
  }

  for (const [client, list] of Object.entries(REFERRERS)) {
    Deno.test(`${client}, every page of a registry with ${links} links`, async () => {
      await using t = await start({ links });
      for (const it of referring) t.upstream.add("library/app", it);
      for (const type of [undefined, SBOM, SIGNATURE]) {
        assert.deepEqual(await list(t.berth.host, t.name, type), digests(type), type);
      }
      const pages = t.upstream.seen("GET", new RegExp(`referrers/${app.root.digest}`));
      assert.ok(pages.some(({ query }) => query.has("next_page")));
    });
  }
}

const HTML = "<!doctype html><title>Registry</title>";

/** What registries without the endpoint answer. */
const NO_API: Record<string, FaultAction> = {
  "404": { kind: "answer", status: 404, body: "404 page not found" },
  "404 NAME_UNKNOWN": {
    kind: "answer",
    status: 404,
    body: '{"errors":[{"code":"NAME_UNKNOWN"}]}',
  },
  "405": { kind: "answer", status: 405 },
  "a page": { kind: "answer", status: 200, body: HTML, headers: { "content-type": "text/html" } },
  "a page called index": {
    kind: "answer",
    status: 200,
    body: HTML,
    headers: { "content-type": OCI_INDEX },
  },
};

for (const [client, list] of Object.entries(REFERRERS)) {
  for (const allow_push of [false, true]) {
    const who = `${client}${allow_push ? ", which may push" : ""}`;
    Deno.test(`${who}, registries without referrers: those under the tag, or none`, async () => {
      await using t = await start({}, { allow_push });
      for (const it of referring) t.upstream.add("library/app", it);
      for (const [title, action] of Object.entries(NO_API)) {
        t.upstream.clearFaults();
        t.upstream.fault({ path: /referrers/, times: Infinity, action });
        assert.deepEqual(await list(t.berth.host, t.name), [], title);
      }
      const manifests = referring.map(({ root, artifactType }) => ({
        ...descriptor(root),
        artifactType,
      }));
      const root = stored({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
      const tag = app.root.digest.replace(":", "-");
      t.upstream.add(`library/app:${tag}`, { root, manifests: [root], blobs: [] });
      // What has no tag may be believed to have none for a while.
      await t.berth.restart();
      for (const [title, action] of Object.entries(NO_API)) {
        t.upstream.clearFaults();
        t.upstream.fault({ path: /referrers/, times: Infinity, action });
        for (const type of [undefined, SBOM]) {
          assert.deepEqual(await list(t.berth.host, t.name, type), digests(type), title);
        }
      }
    });
  }
}

type Change = (host: string, image: string, what: string) => Promise<unknown>;

/** Every client's way to push a file that refers to an image, and to delete it by its digest. */
const CHANGES: Record<string, { attach: Change; remove: Change }> = {
  oras: {
    attach: (_, image, file) => {
      const args = ["--plain-http", "--disable-path-validation", "--artifact-type", SBOM, image];
      return run("oras", ["attach", ...args, `${file}:text/plain`]);
    },
    remove: (_, image, digest) => {
      const name = image.replace(/:[^:]*$/, `@${digest}`);
      return run("oras", ["manifest", "delete", "--plain-http", "--force", name]);
    },
  },
  regctl: {
    attach: (host, image, file) =>
      regctl(host, "artifact", "put", "--artifact-type", SBOM, "--subject", image, "--file", file),
    remove: (host, image, digest) =>
      regctl(host, "manifest", "delete", "--referrers", image.replace(/:[^:]*$/, `@${digest}`)),
  },
};

for (const [client, { attach, remove }] of Object.entries(CHANGES)) {
  Deno.test(`${client}, what it attaches and deletes without referrers is so for everybody`, async () => {
    await using scratch = await scratchDir("attach");
    const file = join(scratch.path, "sbom.txt");
    await using t = await start({ referrers: false }, { allow_push: true });
    const registries = { hub: { url: t.upstream.url } };
    await using reader = await startBerth({ default_registry: "hub", registries });
    const elsewhere = t.name.replace(t.berth.host, reader.host);
    const readers = [[t.berth.host, t.name], [reader.host, elsewhere]] as const;
    for (const content of ["one", "two"]) {
      await Deno.writeTextFile(file, content);
      await attach(t.berth.host, t.name, file);
    }
    const pushed = referrersOf(t.upstream.repository("library/app"), app.root.digest)
      .map(({ digest }) => digest).sort();
    assert.equal(pushed.length, 2);
    for (const left of [pushed, pushed.slice(1)]) {
      if (left.length < 2) await remove(t.berth.host, t.name, pushed[0]!);
      for (const [title, list] of Object.entries(REFERRERS)) {
        for (const [host, name] of readers) {
          assert.deepEqual(await list(host, name, SBOM), left, title);
        }
      }
    }
  });
}
