/** `/tokens`: what scripts and CI sign in with. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { MAX_TOKENS, type TokenRecord, type Tokens } from "../../../proxy/access/tokens.ts";
import type { Config } from "../../../proxy/config/schema.ts";
import { invalidAs } from "../config_changes.ts";
import { nameOf, note } from "../identity.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { answers, body, done, router } from "../route.ts";
import { madeToken, newToken, tokenList, type TokenView } from "../schema/tokens.ts";

const list = createRoute({
  method: "get",
  path: "/tokens",
  summary: "API tokens, newest first, and those of the configuration; never the tokens themselves",
  responses: answers(tokenList, "Every token"),
});

const make = createRoute({
  method: "post",
  path: "/tokens",
  summary: "Make a token; this answer is the only one that has it",
  request: { body: body(newToken) },
  responses: answers(madeToken, "Made, and valid"),
});

const revoke = createRoute({
  method: "delete",
  path: "/tokens/{id}",
  summary: "Revoke a token at once",
  request: { params: z.object({ id: z.string() }) },
  responses: done("Revoked"),
});

interface TokenDeps {
  tokens: Tokens;
  config: () => Config;
  /** Unix milliseconds. */
  now: () => number;
}

/** The tokens that are made here; those of the configuration are only shown. */
export function tokenRoutes({ tokens, config, now }: TokenDeps) {
  const view = (record: TokenRecord) => viewOf(record, !tokens.valid(record.id));
  return router()
    .openapi(list, (c) => {
      const { admin, cache } = config();
      const configured = Object.keys(admin.tokens).map(configuredView);
      return c.json(
        { items: [...tokens.list().map(view), ...configured], kept: cache.dir !== "" },
        200,
      );
    })
    .openapi(make, async (c) => {
      const wanted = c.req.valid("json");
      const { name, expires, scopes } = wanted;
      note(c, { target: name, detail: scopes.join(", ") });
      const known = tokens.list();
      const taken = Object.hasOwn(config().admin.tokens, name) ||
        known.some((token) => token.name === name);
      if (taken) throw invalid("name", `there is a token ${name} already`);
      if (expires !== null && expires <= now()) {
        throw invalid("expires", "expected a time in the future");
      }
      if (known.length >= MAX_TOKENS) {
        throw invalid("name", `there are ${MAX_TOKENS} tokens already`);
      }
      const { id, token } = await tokens.make({ ...wanted, by: nameOf(c.get("identity")) })
        .catch(unkept);
      return c.json({ ...view(tokens.list().find((one) => one.id === id)!), token }, 200);
    })
    .openapi(revoke, async (c) => {
      const { id } = c.req.valid("param");
      const name = tokens.list().find((one) => one.id === id)?.name;
      note(c, { target: name ?? id });
      const revoked = await tokens.revoke(id).catch(unkept);
      if (!revoked) throw notFound("Token");
      note(c, { target: revoked.name });
      return c.body(null, 204);
    });
}

function viewOf({ hash: _, scopes, ...shown }: TokenRecord, expired: boolean): TokenView {
  return { ...shown, scopes: [...scopes], expired };
}

function configuredView(name: string): TokenView {
  return {
    id: "",
    name,
    scopes: ["admin"],
    created: null,
    createdBy: "",
    expires: null,
    expired: false,
    lastUsed: null,
    lastFrom: "",
  };
}

function invalid(path: string, message: string): ApiProblem {
  return invalidAs("Invalid token", "invalid-token")([{ path, message }]);
}

function unkept(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw new ApiProblem(503, "The tokens cannot be saved", {
    type: "not-kept",
    detail: `${reason}. Check the disk of cache.dir, then try again.`,
  });
}
