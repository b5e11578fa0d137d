/** Every way to content, for each reason to refuse it: none leads around. */
import assert from "node:assert/strict";
import type { Caller } from "../../../proxy/http/caller.ts";
import { FakeClock } from "../../fake/clock.ts";
import { image, referrer } from "../../fake/content.ts";
import type { PairOptions } from "../../fake/pair.ts";
import { stored } from "../../fake/pair.ts";
import { type TrustPair, trustPair } from "../../fake/trust.ts";
import { MANIFEST } from "./cached_pair.ts";

const app = image({ seed: 1, platforms: ["linux/amd64", "linux/arm64"] });
const attached = referrer(app.root, "application/vnd.example.sbom");
const [child] = app.manifests as [typeof app.root];
const [config, layer] = app.blobs as [typeof app.root, typeof app.root];

/** What stands in the way of `org/app`: settings, and who else is asked. */
type Reason = [options: PairOptions, elsewhere?: Parameters<typeof trustPair>[3]];

const REASONS: Record<string, Reason> = {
  "a rule about its repository": [{
    settings: { policy: { rules: [{ action: "deny", repositories: ["hub/org/app"] }] } },
  }],
  "a rule about its tag": [{ settings: { policy: { rules: [{ action: "deny", tags: ["v1"] }] } } }],
  "a rule about what is in it": [{
    settings: { policy: { rules: [{ action: "deny", larger_than: "1KiB" }] } },
  }],
  "a rule about how new it is": [{
    settings: { policy: { rules: [{ action: "deny", seen_within: "1h" }] } },
  }],
  "a hold": [{ hub: { hold: { new_digest: "1h" } } }],
  "no signature": [{ hub: { require: [{ cosign: { keys: [] } }] } }],
  "somebody else": [{}, {
    post: () => Promise.resolve({ decision: "deny" }),
    onError: "allow",
    remember: 3_600_000,
  }],
};

interface Way {
  path: string;
  init?: RequestInit;
  /** Who is asked for; the proxy's own address where it is left out. */
  host?: string;
  caller?: Partial<Caller>;
}

const HEAD = { ...MANIFEST, method: "HEAD" };
const RANGE = { headers: { range: "bytes=0-9" } };

/** Ways to what `name` (`manifests/v1`) is, under each name that the registry has. */
function ways(name: string, init: RequestInit = MANIFEST): Way[] {
  return [
    { path: `/v2/org/app/${name}`, init },
    { path: `/v2/org/app/${name}?ns=hub.example.com`, init },
    { path: `/v2/org/app/${name}?ns=also.example.com`, init },
    { path: `/v2/hub.example.com/org/app/${name}`, init },
    { path: `/v2/hub/org/app/${name}`, init },
    { path: `/hub.example.com/v2/org/app/${name}`, init },
    { path: `/v2/org/app/${name}`, init, host: "vanity.example.com" },
    { path: `/v2/org/app/${name}`, init, host: "hub.example.com", caller: { via: "forward" } },
    {
      ...{ path: `/v2/org/app/${name}`, init, host: "hub.example.com" },
      caller: { via: "intercept", registry: "hub" },
    },
    { path: `/v2/org/app/${name}`, init, caller: { via: "prefetch", priority: "ahead" } },
  ];
}

const WAYS: Way[] = [
  ...ways("manifests/v1"),
  ...ways("manifests/v1", HEAD),
  ...ways("manifests/v1", { headers: { accept: "*/*" } }),
  ...ways(`manifests/${app.root.digest}`),
  ...ways(`manifests/${app.root.digest}`, HEAD),
  ...ways(`manifests/${app.root.digest}`, { headers: { ...MANIFEST.headers, ...RANGE.headers } }),
  ...ways(`manifests/${child.digest}`),
  ...ways(`manifests/${child.digest}`, HEAD),
  ...[config, layer].flatMap(({ digest }) => [
    ...ways(`blobs/${digest}`, {}),
    ...ways(`blobs/${digest}`, RANGE),
    ...ways(`blobs/${digest}`, { headers: { range: "bytes=-1" } }),
    ...ways(`blobs/${digest}`, { method: "HEAD" }),
  ]),
];

async function statusOf(t: TrustPair, { path, init = {}, host, caller }: Way): Promise<number> {
  const at = host ? `http://${host}` : t.proxy.url;
  const who: Caller = { peer: "127.0.0.1", via: "direct", ...caller };
  const response = await t.proxy.handler(new Request(at + path, init), who);
  await response.body?.cancel();
  return response.status;
}

const NAMES = { aliases: ["hub.example.com", "also.example.com"], hosts: ["vanity.example.com"] };
const images = { "org/app:v1": app, "org/app:sbom": attached };

function governed(clock: FakeClock, [options, elsewhere]: Reason) {
  const { hub, settings, ...rest } = options;
  return trustPair(
    clock,
    {
      registry: { images },
      ...rest,
      hub: { ...NAMES, ...hub },
      settings: { path_names: true, ...settings },
    },
    {},
    elsewhere,
  );
}

/** An index has nothing inside that rules could look at: its images are refused, each by itself. */
const INDEX = new RegExp(`manifests/(v1|${app.root.digest})`);

async function allRefused(t: TrustPair, reason: string): Promise<void> {
  for (const way of WAYS) {
    const lets = reason === "a rule about what is in it" && INDEX.test(way.path);
    assert.equal(await statusOf(t, way), lets ? 200 : 403, JSON.stringify(way));
  }
}

for (const [reason, options] of Object.entries(REASONS)) {
  Deno.test(`policy, no way leads around ${reason}, of what is not here yet`, async () => {
    await using t = await governed(new FakeClock(), options);
    // The tag comes first, by which a rule about it knows what it is about.
    await allRefused(t, reason);
  });

  Deno.test(`policy, no way leads around ${reason}, of what is in the cache`, async () => {
    const clock = new FakeClock();
    await using t = await governed(clock, options);
    for (const { digest, bytes, mediaType } of [...app.blobs, ...app.manifests]) {
      await t.cache.put(digest, bytes, mediaType, "hub/org/app");
    }
    const { digest, mediaType, bytes } = app.root;
    for (const accept of ["", MANIFEST.headers.accept]) {
      const key = { registry: "hub", repository: "org/app", tag: "v1", accept };
      t.cache.setTag(key, { digest, mediaType, size: bytes.length, checkedAt: clock.now() });
    }
    // What refers to it can be listed, and leads nowhere else.
    const list = { path: `/v2/org/app/referrers/${digest}` };
    assert.equal(await statusOf(t, list), 200);
    await allRefused(t, reason);
  });
}

Deno.test("policy, where nothing stands in the way every one of these leads there", async () => {
  await using t = await governed(new FakeClock(), [{}]);
  for (const way of WAYS) {
    const status = await statusOf(t, way);
    assert.ok([200, 206].includes(status), `${status} ${JSON.stringify(way)}`);
    await stored(t);
  }
});
