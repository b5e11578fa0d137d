/** Tokens of the made-up server. */
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
