/** Referrers: from the registry's endpoint, or from the tag that clients keep where it has none. */
import assert from "node:assert/strict";
import { referrers } from "../../../proxy/through/referrers.ts";
import {
  descriptor,
  digestOf,
  type FakeImage,
  image,
  OCI_INDEX,
  OCI_MANIFEST,
  referrer,
  stored,
} from "../../fake/content.ts";
import { exchangeOf, fakeUpstream } from "../../fake/exchange.ts";
import { pair, type PairOptions } from "../../fake/pair.ts";
import type { FaultAction } from "../../fake/wire.ts";

const app = image();
const DIGEST = app.root.digest;
const TAG = DIGEST.replace(":", "-");
const PATH = `/v2/org/app/referrers/${DIGEST}`;
const SBOM = "application/vnd.example.sbom";
const SIGNATURE = "application/vnd.example.signature";
const entries = [SBOM, SIGNATURE].map((artifactType) => ({
  ...descriptor(referrer(app.root, artifactType).root),
  artifactType,
}));
const listed = indexImage(entries);

/** What is in the way where a test says nothing of it: a registry's own 404. */
const NO_ROUTE: FaultAction = { kind: "answer", status: 404, body: "404 page not found" };

function indexImage(manifests: unknown[], more: object = {}): FakeImage {
  const content = { schemaVersion: 2, mediaType: OCI_INDEX, manifests, ...more };
  const root = stored(content, OCI_INDEX);
  return { root, manifests: [root], blobs: [] };
}

/** A registry with `app` whose endpoint for referrers answers `action`, and a proxy before it. */
async function start(
  action: FaultAction | undefined,
  images: Record<string, FakeImage> = {},
  options: PairOptions = {},
) {
  const t = await pair({ ...options, registry: { images: { "org/app:1": app, ...images } } });
  if (action) t.upstream.fault({ path: /referrers/, times: Infinity, action });
  return t;
}

/** Asserts that `response` is an OCI index, and returns the digests that it lists. */
async function digestsOf(response: Response, title: string): Promise<string[]> {
  assert.equal(response.status, 200, title);
  assert.equal(response.headers.get("content-type"), OCI_INDEX, title);
  const index = await response.json();
  assert.equal(index.schemaVersion, 2, title);
  return index.manifests.map(({ digest }: { digest: string }) => digest);
}

function answer(body: string, headers: Record<string, string> = {}, status = 200): FaultAction {
  return { kind: "answer", status, body, headers };
}

const HTML = "<!doctype html><title>Sign in to this network</title>";
const INDEX = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries });
const error = (code: string) => JSON.stringify({ errors: [{ code, message: "no" }] });
const typed = (type: string) => ({ "content-type": type });

/** Answers of registries that have no such endpoint, and of what stands before them. */
const NO_API: Record<string, FaultAction> = {
  "404": NO_ROUTE,
  "404 NAME_UNKNOWN": answer(error("NAME_UNKNOWN"), typed("application/json"), 404),
  "404 MANIFEST_UNKNOWN": answer(error("MANIFEST_UNKNOWN"), typed("application/json"), 404),
  "400": answer("bad request", {}, 400),
  "405": answer(error("UNSUPPORTED"), typed("application/json"), 405),
  "406": answer("", {}, 406),
  "501": answer("not implemented", {}, 501),
  "HTML": answer(HTML, typed("text/html")),
  "HTML with the digest asked for": answer(HTML, {
    "content-type": OCI_INDEX,
    "docker-content-digest": digestOf(new TextEncoder().encode(HTML)),
  }),
  "nothing": answer("", typed(OCI_INDEX)),
  "no JSON": answer('{"manifests":[', typed(OCI_INDEX)),
  "a list": answer("[]", typed(OCI_INDEX)),
  "a manifest": answer(new TextDecoder().decode(app.root.bytes), typed(OCI_MANIFEST)),
  "an error with 200": answer(error("UNSUPPORTED"), typed("application/json")),
  "no manifests": answer(`{"schemaVersion":2,"mediaType":"${OCI_INDEX}"}`, typed(OCI_INDEX)),
  "manifests that are none": answer('{"schemaVersion":2,"manifests":["a"]}', typed(OCI_INDEX)),
  "another type": answer(INDEX.replace(OCI_INDEX, "application/vnd.example.index"), {}),
  "another type in the header": answer(
    '{"schemaVersion":2,"manifests":[]}',
    typed("application/vnd.docker.distribution.manifest.list.v2+json"),
  ),
  "more than 8 MiB": answer(INDEX + " ".repeat(8 * 2 ** 20), typed(OCI_INDEX)),
};

Deno.test("referrers, an answer that is no index is none: the tag is asked for", async () => {
  for (const [title, action] of Object.entries(NO_API)) {
    await using t = await start(action, { [`org/app:${TAG}`]: listed });
    const response = await t.proxy.get(PATH);
    assert.equal(response.headers.get("docker-content-digest"), null, title);
    assert.equal(response.headers.get("oci-filters-applied"), null, title);
    assert.deepEqual(await digestsOf(response, title), entries.map(({ digest }) => digest));
    const [asked] = t.upstream.seen("GET", /manifests/);
    assert.equal(asked!.target, `/v2/org/app/manifests/${TAG}`);
    assert.equal(asked!.headers.get("accept"), OCI_INDEX);
  }
});

Deno.test("referrers, without a tag: an empty index, for whatever digest", async () => {
  for (const [title, action] of Object.entries(NO_API)) {
    await using t = await start(action);
    for (const digest of [DIGEST, `sha256:${"0".repeat(64)}`, `sha512:${"1".repeat(128)}`]) {
      const response = await t.proxy.get(`/v2/org/app/referrers/${digest}`);
      assert.deepEqual(await digestsOf(response, `${title} ${digest}`), []);
    }
  }
});

Deno.test("referrers, an index passes as it came, whatever it was called", async () => {
  const plain = '{"manifests":[], "schemaVersion":2}';
  const table: Record<string, FaultAction> = {
    "its type": answer(INDEX, typed(OCI_INDEX)),
    "its type and a charset": answer(INDEX, typed(`${OCI_INDEX}; charset=utf-8`)),
    "JSON": answer(INDEX, typed("application/json")),
    "text": answer(plain, typed("text/plain; charset=utf-8")),
    "no type": answer(plain),
  };
  for (const [title, action] of Object.entries(table)) {
    await using t = await start(action, { [`org/app:${TAG}`]: indexImage([]) });
    const response = await t.proxy.get(PATH);
    assert.equal(response.status, 200, title);
    assert.equal(response.headers.get("content-type"), OCI_INDEX, title);
    assert.equal(await response.text(), (action as { body: string }).body, title);
    assert.equal(t.upstream.count("GET", /manifests/), 0, title);
  }
});

Deno.test("referrers, the tag of a digest is cut as the spec says", async () => {
  const hex = "0123456789abcdef".repeat(8);
  await using t = await start(NO_ROUTE, { [`org/app:sha512-${hex.slice(0, 64)}`]: listed });
  const response = await t.proxy.get(`/v2/org/app/referrers/sha512:${hex}`);
  assert.equal((await digestsOf(response, "sha512")).length, 2);
});

Deno.test("referrers, what stands under the tag and lists none is an empty index", async () => {
  const children = image({ index: true });
  const table: Record<string, [digest: string, FakeImage]> = {
    "a manifest": [DIGEST, app],
    "GitLab, where the tag is the digest": [children.root.digest, children],
    "another type of index": [DIGEST, {
      ...listed,
      root: stored(
        { schemaVersion: 2, manifests: entries },
        "application/vnd.docker.distribution.manifest.list.v2+json",
      ),
    }],
    "an index without a list": [DIGEST, indexImage([], { manifests: {} })],
  };
  for (const [title, [digest, found]] of Object.entries(table)) {
    const images = {
      [`org/app:${digest.replace(":", "-")}`]: { ...found, manifests: [found.root] },
    };
    await using t = await start(NO_ROUTE, images);
    const response = await t.proxy.get(`/v2/org/app/referrers/${digest}`);
    assert.deepEqual(await digestsOf(response, title), [], title);
    assert.equal(t.upstream.seen("GET", /manifests/)[0]!.status, 200, title);
  }
});

Deno.test("referrers, outages and refusals stay what they are", async () => {
  const signIn = { "www-authenticate": 'Basic realm="x"' };
  const table: Record<string, [FaultAction, status: number]> = {
    "500": [answer("oops", {}, 500), 502],
    "502": [answer(HTML, {}, 502), 502],
    "503": [answer("", {}, 503), 503],
    "504": [answer("", {}, 504), 504],
    "429": [answer("", { "retry-after": "7" }, 429), 429],
    "401": [answer(error("UNAUTHORIZED"), signIn, 401), 403],
    "403": [answer(error("DENIED"), {}, 403), 403],
    "no connection": [{ kind: "close" }, 502],
    "a body that breaks off": [{ kind: "cut", after: 5 }, 502],
  };
  for (const [title, [action, status]] of Object.entries(table)) {
    for (const path of [/referrers/, /manifests/]) {
      await using t = await pair({
        registry: { images: { "org/app:1": app, [`org/app:${TAG}`]: listed } },
      });
      t.upstream.fault({ path, times: Infinity, action });
      if (path.test("manifests")) {
        t.upstream.fault({ path: /referrers/, times: Infinity, action: NO_ROUTE });
      }
      const response = await t.proxy.get(PATH);
      assert.equal(response.status, status, `${title} ${path}`);
      assert.equal((await response.json()).errors.length, 1, `${title} ${path}`);
    }
  }
});

Deno.test("referrers, where the tag is answered with no manifest at all nothing is said of them", async () => {
  for (const body of [HTML, "", "[]", error("UNKNOWN"), INDEX + " ".repeat(8 * 2 ** 20)]) {
    await using t = await start(answer(body, typed(OCI_INDEX)));
    t.upstream.fault({
      path: /manifests/,
      times: Infinity,
      action: answer(body, typed(OCI_INDEX)),
    });
    const response = await t.proxy.get(PATH);
    assert.equal(response.status, 502, body.slice(0, 20));
    assert.match((await response.json()).errors[0].message, /^hub .*the tag that lists referrers/);
  }
});

Deno.test("referrers, artifactType: what the tag lists is filtered, and the answer says so", async () => {
  const [sbom, signature] = entries.map(({ digest }) => digest);
  const table: [query: string, digests: unknown[], applied: string | null][] = [
    [`artifactType=${SBOM}`, [sbom], "artifactType"],
    [`artifactType=${encodeURIComponent(SIGNATURE)}`, [signature], "artifactType"],
    [`artifactType=${SBOM}&artifactType=${SIGNATURE}`, [sbom, signature], "artifactType"],
    ["artifactType=application/other", [], "artifactType"],
    ["artifactType=", [sbom, signature], null],
    ["n=1", [sbom, signature], null],
  ];
  for (const [query, digests, applied] of table) {
    for (const there of [true, false]) {
      await using t = await start(NO_ROUTE, there ? { [`org/app:${TAG}`]: listed } : {});
      const response = await t.proxy.get(`${PATH}?${query}`);
      assert.equal(response.headers.get("oci-filters-applied"), applied, query);
      assert.deepEqual(await digestsOf(response, query), there ? digests : [], query);
    }
  }
});

Deno.test("referrers, what upstream says of a filter is what the client hears", async () => {
  for (const headers of [{ "oci-filters-applied": "artifactType" }, {}]) {
    await using t = await start(answer(INDEX, { ...typed(OCI_INDEX), ...headers }));
    const response = await t.proxy.get(`${PATH}?artifactType=application/other`);
    const said = headers["oci-filters-applied"] ?? null;
    assert.equal(response.headers.get("oci-filters-applied"), said);
    assert.equal(await response.text(), INDEX);
  }
});

Deno.test("referrers, HEAD has the headers of GET", async () => {
  for (const action of [NO_ROUTE, answer(HTML), answer(INDEX, typed("application/json"))]) {
    for (const images of [{ [`org/app:${TAG}`]: listed }, {}]) {
      await using t = await start(action, images);
      const get = await t.proxy.get(`${PATH}?artifactType=${SBOM}`);
      const head = await t.proxy.get(`${PATH}?artifactType=${SBOM}`, { method: "HEAD" });
      assert.equal(head.status, 200);
      assert.equal((await head.bytes()).length, 0);
      const length = String((await get.bytes()).length);
      for (const response of [get, head]) {
        assert.equal(response.headers.get("content-type"), OCI_INDEX);
        assert.equal(response.headers.get("content-length"), length);
      }
      const applied = get.headers.get("oci-filters-applied");
      assert.equal(head.headers.get("oci-filters-applied"), applied);
    }
  }
});

Deno.test("referrers, a page that is none ends no list: it is an error", async () => {
  for (const [title, action] of Object.entries(NO_API)) {
    await using t = await start(action, { [`org/app:${TAG}`]: listed });
    const response = await t.proxy.get(`${PATH}?artifactType=x&next_page=abc`);
    assert.ok(response.status >= 400, `${title}: ${response.status}`);
    assert.equal((await response.json()).errors.length, 1, title);
    assert.equal(t.upstream.count("GET", /manifests/), 0, title);
  }
});

Deno.test("referrers, who may push keeps the tag himself: a 404, and not NAME_UNKNOWN", async () => {
  for (const [title, action] of Object.entries(NO_API)) {
    await using t = await start(action, { [`org/app:${TAG}`]: listed }, {
      settings: { allow_push: true },
    });
    for (const digest of [DIGEST, `sha256:${"0".repeat(64)}`]) {
      const response = await t.proxy.get(`/v2/org/app/referrers/${digest}`);
      assert.equal(response.status, 404, title);
      assert.equal((await response.json()).errors[0].code, "UNSUPPORTED", title);
    }
  }
  await using t = await start(NO_ROUTE, { [`org/app:${TAG}`]: listed }, {
    settings: { allow_push: true, access: [{ actions: ["pull"] }] },
  });
  assert.equal((await digestsOf(await t.proxy.get(PATH), "may not push")).length, 2);
});

Deno.test("referrers, the repository's name at upstream is asked for the tag", async () => {
  await using t = await start(NO_ROUTE, { [`org/app:${TAG}`]: listed }, {
    hub: { repo_prefix: "org" },
  });
  const response = await t.proxy.get(`/v2/app/referrers/${DIGEST}`);
  assert.equal((await digestsOf(response, "prefix")).length, 2);
});

Deno.test("referrers, a tag that is not there takes nothing from what a client has proven", async () => {
  let forgotten = 0;
  const upstream = fakeUpstream(() => new Response(null, { status: 404 }));
  const x = exchangeOf(PATH, { upstream, proof: { forget: () => forgotten++ } });
  const path = { kind: "referrers", name: "org/app", digest: DIGEST } as const;
  const { response } = await referrers(x, path, { pushes: false });
  assert.deepEqual(await digestsOf(response, "proof"), []);
  assert.deepEqual([forgotten, upstream.asked.length], [0, 2]);
});
