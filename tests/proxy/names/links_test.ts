import assert from "node:assert/strict";
import { configSchema } from "../../../proxy/config/schema.ts";
import { clientChallenge, mapScopes } from "../../../proxy/client_sign_in/client_challenge.ts";
import { mapLink, mapLocation } from "../../../proxy/names/links.ts";
import { registryMap, route, type RoutingRequest } from "../../../proxy/names/target.ts";

const map = registryMap(configSchema.parse({
  registries: {
    docker: { url: "https://registry-1.docker.io", aliases: ["docker.io"], library: true },
    vanity: { url: "https://gcr.io", repo_prefix: "acme/prod", hosts: ["r.example.com"] },
  },
}));
const target = (part: Partial<RoutingRequest>) =>
  route(map, { host: "b", ns: [], prefix: "", ...part });

Deno.test("Link, absolute or relative, becomes relative in the client's spelling", () => {
  const next = '; rel="next"';
  const table: [Partial<RoutingRequest>, string, string | undefined][] = [
    [
      { name: "docker.io/alpine" },
      `</v2/library/alpine/tags/list?n=2&last=b>${next}`,
      `</v2/docker.io/alpine/tags/list?n=2&last=b>${next}`,
    ],
    [
      { name: "alpine", prefix: "docker" },
      `<https://registry-1.docker.io/v2/library/alpine/tags/list?last=b>${next}`,
      `</docker/v2/alpine/tags/list?last=b>${next}`,
    ],
    [
      { name: "library/alpine", ns: ["docker.io"] },
      `</v2/library/alpine/tags/list?last=b>${next}`,
      `</v2/library/alpine/tags/list?last=b&ns=docker.io>${next}`,
    ],
    [
      { host: "r.example.com", name: "app" },
      `</v2/acme/prod/app/tags/list?last=b>${next}`,
      `</v2/app/tags/list?last=b>${next}`,
    ],
    [{ host: "r.example.com", name: "app" }, `</v2/acme/other/tags/list>${next}`, undefined],
    ...["?ns=docker.io&last=b", "?last=b&ns=docker.io", "?last=b&ns=", "?ns&last=b&ns=x"].map((
      query,
    ): [Partial<RoutingRequest>, string, string] => [
      { name: "library/alpine", ns: ["docker.io"] },
      `</v2/library/alpine/tags/list${query}>${next}`,
      `</v2/library/alpine/tags/list?last=b&ns=docker.io>${next}`,
    ]),
    [
      { name: "docker.io/alpine" },
      `</v2/library/alpine/tags/list?ns=elsewhere>${next}`,
      `</v2/docker.io/alpine/tags/list>${next}`,
    ],
    [{ name: "alpine" }, "garbage", undefined],
  ];
  for (const [part, link, expected] of table) assert.equal(mapLink(target(part), link), expected);
  assert.equal(mapLink(target({ name: "alpine" }), null), undefined);
});

Deno.test("mapLocation, of created content", () => {
  const vanity = target({ host: "r.example.com", name: "app" });
  assert.equal(
    mapLocation(vanity, "https://gcr.io/v2/acme/prod/app/manifests/sha256:x"),
    "/v2/app/manifests/sha256:x",
  );
  assert.equal(mapLocation(vanity, "/elsewhere"), undefined);
});

Deno.test("mapScopes, each of several scopes is mapped, what is no repository stays", () => {
  const double = (name: string) => name === "gone" ? undefined : `x/${name}`;
  assert.equal(
    mapScopes("repository:a:pull repository:b/c:pull,push registry:catalog:*", double),
    "repository:x/a:pull repository:x/b/c:pull,push registry:catalog:*",
  );
  assert.equal(
    mapScopes("repository(plugin):a:pull repository:gone:pull", double),
    "repository(plugin):x/a:pull",
  );
});

Deno.test("clientChallenge, realm at our address, scope in the client's words", () => {
  const vanity = target({ host: "r.example.com", name: "app" });
  const challenge = 'Bearer realm="https://gcr.io/v2/token?x=1,2",service="gcr.io",' +
    'scope="repository:acme/prod/app:pull"';
  assert.equal(
    clientChallenge(vanity, "https://r.example.com/token", challenge),
    'Bearer realm="https://r.example.com/token",service="r.example.com",scope="repository:app:pull"',
  );
  const basic = clientChallenge(vanity, "https://x", 'Basic realm="y"');
  assert.equal(basic, 'Basic realm="r.example.com"');
});

Deno.test("clientChallenge, quotes in upstream's words stay inside of the quotes", () => {
  const docker = target({ host: "b", ns: ["docker.io"], name: "app" });
  const challenges: Record<string, string> = {
    'Bearer realm="https://a",service="a \\"b\\" \\\\ c"':
      'Bearer realm="https://x",service="a \\"b\\" \\\\ c"',
    'Basic realm="y", Bearer realm="https://a",service=bare':
      'Bearer realm="https://x",service="bare"',
    "Bearer": 'Bearer realm="https://x"',
    'Negotiate realm="bearer"': 'Basic realm="docker"',
  };
  for (const [challenge, expected] of Object.entries(challenges)) {
    assert.equal(clientChallenge(docker, "https://x", challenge), expected, challenge);
  }
  assert.equal(clientChallenge(docker, "https://x", null), 'Basic realm="docker"');
});
