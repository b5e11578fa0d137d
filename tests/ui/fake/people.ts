/** Tokens and the audit log of the made-up server. */
import type { AuditEntryView } from "../../../ui/api/schema/audit.ts";
import type { MadeToken, TokenView } from "../../../ui/api/schema/tokens.ts";

const DAY = 86400e3;

export function tokensAt(now: number): TokenView[] {
  const token = (name: string, more: Partial<TokenView>): TokenView => ({
    id: name,
    name,
    scopes: ["read"],
    created: now - 40 * DAY,
    createdBy: "ann",
    expires: now + 50 * DAY,
    expired: false,
    lastUsed: now - 8e3,
    lastFrom: "10.20.1.14",
    ...more,
  });
  return [
    token("prometheus", { scopes: ["metrics"], expires: null }),
    token("gitlab-runners", { scopes: ["pull"], lastUsed: now - 3600e3 }),
    token("cleanup", { scopes: ["cache", "metrics"], lastUsed: null, lastFrom: "" }),
    token("old-ci", { scopes: ["pull", "read"], expires: now - DAY, expired: true }),
    token("bootstrap", {
      id: "",
      scopes: ["admin"],
      created: null,
      expires: null,
      lastUsed: null,
      lastFrom: "",
    }),
  ];
}

export function madeTokenAt(now: number): MadeToken {
  const [, made] = tokensAt(now);
  return { ...made!, token: "berth_q3vT8xkJb2mPz0RrYw1uN6cLd9sAe5fGh7iKo4jXyVQ" };
}

export function auditAt(now: number): AuditEntryView[] {
  const entry = (ago: number, more: Partial<AuditEntryView>): AuditEntryView => ({
    id: 100 - ago,
    time: now - ago * 17 * 60e3,
    user: "ann",
    via: "password",
    address: "10.20.1.14",
    action: "evict",
    target: "",
    outcome: "done",
    detail: "",
    changes: [],
    count: 1,
    ...more,
  });
  const change = (path: string, before: string, after: string) => ({
    ...{ path, before, after },
    secret: path.endsWith("password"),
  });
  return [
    entry(0, {
      action: "registry-change",
      target: "harbor",
      changes: [
        change("registries.harbor.url", "https://old.example.com", "https://harbor.example.com"),
        change("registries.harbor.auth.password", "", ""),
        change("registries.harbor.manifests.ttl", "", "10m"),
        change("registries.harbor.allow", "[]", "[platform/**]"),
      ],
    }),
    entry(1, {
      user: "",
      address: "198.51.100.23",
      action: "sign-in",
      outcome: "refused",
      detail: "Too many failed sign-ins",
      count: 1204,
    }),
    entry(2, {
      user: "token cleanup",
      via: "token",
      target: "docker/library/alpine:3.20, ghcr",
      detail: "312 digests, 41 tags, 18.2 GiB freed",
    }),
    entry(3, {
      ...{ user: "", via: "file", address: "", action: "config-reload" },
      ...{ outcome: "failed", detail: 'cache.max_size: found "32x", expected a size' },
    }),
    entry(90, {
      ...{ user: "bob@example.com", via: "oidc", action: "token-make", target: "gitlab-runners" },
      detail: "pull",
    }),
  ];
}
