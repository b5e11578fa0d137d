import assert from "node:assert/strict";
import { configSchema } from "../../../proxy/config/schema.ts";
import { violations } from "../../../proxy/config/rules.ts";
import type { ImageFacts } from "../../../proxy/trust/facts.ts";
import { decide, type RuleRequest, rulesOf } from "../../../proxy/trust/rules.ts";

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const REQUEST: RuleRequest = {
  registry: "hub",
  repository: "acme/app",
  tags: ["v1"],
  byTag: true,
  since: NOW - 2 * DAY,
  user: "anna",
  client: "10.1.2.3",
  now: NOW,
};
const IMAGE: ImageFacts = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  index: false,
  platforms: ["linux/amd64"],
  size: 5000,
  created: NOW - 100 * DAY,
  labels: { vendor: "acme" },
  about: false,
};
const INDEX: ImageFacts = {
  ...IMAGE,
  mediaType: "application/vnd.oci.image.index.v1+json",
  index: true,
  platforms: ["linux/amd64", "windows/amd64"],
  size: undefined,
  created: undefined,
  labels: {},
};

function decided(
  rules: Record<string, unknown>[],
  request: Partial<RuleRequest> = {},
  facts: ImageFacts = IMAGE,
): string {
  const { policy } = configSchema.parse({ policy: { rules } });
  return decide(rulesOf(policy.rules), { ...REQUEST, ...request }, facts)?.action ?? "none";
}

Deno.test("policy, each condition is met by what it names and by nothing else", () => {
  const rows: [Record<string, unknown>, Partial<RuleRequest>, Partial<ImageFacts>][] = [
    [{ registries: ["hub"] }, { registry: "quay" }, {}],
    [{ repositories: ["hub/acme/**"] }, { repository: "other/app" }, {}],
    [{ tags: ["v*"] }, { tags: ["latest"] }, {}],
    [{ users: ["anna"] }, { user: "bert" }, {}],
    [{ networks: ["10.0.0.0/8"] }, { client: "192.0.2.1" }, {}],
    [{ seen_within: "3d" }, { since: NOW - 3 * DAY }, {}],
    [{ platforms: ["linux/*"] }, {}, { platforms: ["windows/amd64"] }],
    [{ media_types: ["application/vnd.oci.**"] }, {}, { mediaType: "application/vnd.docker.x" }],
    [{ larger_than: 4000 }, {}, { size: 4000 }],
    [{ created_before: "90d" }, {}, { created: NOW - 90 * DAY }],
    [{ created_before: "90d" }, {}, { created: undefined }],
    [{ created_within: "101d" }, {}, { created: NOW - 101 * DAY }],
    [{ seen_before: "1d" }, { since: NOW - DAY }, {}],
    [{ created_within: "101d" }, {}, { created: undefined }],
    [{ labels: { vendor: "ac*" } }, {}, { labels: { vendor: "other" } }],
    [{ labels: { vendor: "acme" } }, {}, { labels: {} }],
  ];
  for (const [condition, request, facts] of rows) {
    for (const action of ["allow", "deny"]) {
      const title = `${action} ${JSON.stringify(condition)}`;
      assert.equal(decided([{ action, ...condition }]), action, title);
      assert.equal(
        decided([{ action, ...condition }], request, { ...IMAGE, ...facts }),
        "none",
        title,
      );
    }
  }
});

Deno.test("policy, the first rule that matches decides", () => {
  const rules = [
    { action: "allow", users: ["anna"] },
    { action: "deny", tags: ["v*"] },
    { action: "allow", tags: ["v1"] },
  ];
  assert.equal(decided(rules), "allow");
  assert.equal(decided(rules, { user: "bert" }), "deny");
  assert.equal(decided(rules, { user: "bert", tags: ["latest"] }), "none");
  assert.equal(decided([]), "none");
});

Deno.test("policy, an index is let through where an image of it could be, and each image is asked about", () => {
  const allowLinux = [{ action: "allow", platforms: ["linux/*"] }, { action: "deny" }];
  const denyWindows = [{ action: "deny", platforms: ["windows/*"] }];
  assert.equal(decided(allowLinux, {}, INDEX), "allow");
  assert.equal(decided(allowLinux), "allow");
  assert.equal(decided(allowLinux, {}, { ...IMAGE, platforms: ["windows/amd64"] }), "deny");
  assert.equal(decided(denyWindows, {}, INDEX), "none");
  assert.equal(decided(denyWindows, {}, { ...IMAGE, platforms: ["windows/amd64"] }), "deny");
});

Deno.test("policy, by digest a tag's rule holds for what has no other name", () => {
  const deny = [{ action: "deny", tags: ["latest"] }];
  const byTag = false;
  assert.equal(decided(deny, { byTag, tags: ["latest"] }), "deny");
  assert.equal(decided(deny, { byTag, tags: ["latest", "1.27"] }), "none");
  assert.equal(decided(deny, { byTag, tags: [] }), "none");
  const allow = [{ action: "allow", tags: ["latest"] }, { action: "deny" }];
  assert.equal(decided(allow, { byTag, tags: ["latest", "1.27"] }), "allow");
  assert.equal(decided(allow, { byTag, tags: ["1.27"] }), "deny");
});

Deno.test("policy, what cannot be meant is named", () => {
  const hub = { url: "https://registry.example.com" };
  const found = (settings: Record<string, unknown>) =>
    violations(configSchema.parse({ default_registry: "hub", registries: { hub }, ...settings }))
      .map(({ path, message }) => `${path.join(".")}: ${message}`);
  const rule = (rule: Record<string, unknown>) => ({ policy: { rules: [rule] } });
  const rows: [Record<string, unknown>, RegExp][] = [
    [
      rule({ action: "deny", registries: ["hup"] }),
      /^policy\.rules\.0\.registries\.0: found "hup", expected one of hub/,
    ],
    [
      rule({ action: "deny", repositories: ["acme/app"] }),
      /^policy\.rules\.0\.repositories\.0: found "acme\/app", expected a registry's name/,
    ],
    [
      rule({ action: "deny", networks: ["10.0.0"] }),
      /networks\.0: found "10\.0\.0", expected an address/,
    ],
    [
      rule({ action: "deny", users: ["anna"] }),
      /users\.0: found "anna", expected one of the names in users/,
    ],
    [
      rule({ action: "deny", created_before: "9d", created_within: "1d" }),
      /created_before: no image is older/,
    ],
    [
      rule({ action: "deny", seen_before: "9d", seen_within: "1d" }),
      /seen_before: no image was first seen/,
    ],
    [
      { policy: { rules: [{ action: "allow" }, { action: "deny", tags: ["v*"] }] } },
      /^policy\.rules\.1: can never decide: policy\.rules\[0\] comes first/,
    ],
    [{ ...rule({ action: "deny" }), cache: { dir: "" } }, /^policy\.rules: expected cache\.dir/],
    [
      { registries: { hub: { ...hub, hold: { new_digest: "1h" }, redirects: "pass" } } },
      /^registries\.hub\.redirects: found pass, which hands clients past hold/,
    ],
    [
      { registries: { hub: { ...hub, hold: { tags: ["latest"] } } } },
      /^registries\.hub\.hold\.tags: expected new_digest with it/,
    ],
    [
      { registries: { hub: { ...hub, hold: { new_digest: "1h", allow: ["bert"] } } } },
      /^registries\.hub\.hold\.allow\.0: found "bert", expected one of the names in users/,
    ],
  ];
  for (const [settings, expected] of rows) {
    assert.ok(found(settings).some((it) => expected.test(it)), `${expected}: ${found(settings)}`);
  }
  const fine = { ...rule({ action: "deny", repositories: ["hub/acme/**"], tags: ["v*"] }) };
  assert.deepEqual(found(fine), []);
});
