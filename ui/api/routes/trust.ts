/** `/trust`: the past of tags, freezing them, letting through what waits. */
import { createRoute } from "@hono/zod-openapi";
import type { Cache } from "../../../cache/api.ts";
import type { Config } from "../../../proxy/config/schema.ts";
import { checkedRules } from "../../../proxy/config/rules_text.ts";
import type { Stats } from "../../../proxy/observe/stats/stats.ts";
import { SPAN_MS, tryRules } from "../../../proxy/trust/dry_run.ts";
import { holdOf } from "../../../proxy/trust/hold.ts";
import type { TrustBook } from "../../../proxy/trust/book.ts";
import { freeze, pastOf, release, TrustError, unfreeze } from "../../../proxy/trust/tags.ts";
import { nameOf, note } from "../identity.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { answers, body, done, router } from "../route.ts";
import {
  decisions,
  dryRun,
  freezeRequest,
  imageQuery,
  releaseRequest,
  tagPast,
  tryRequest,
} from "../schema/trust.ts";
import { requireCache } from "./cache.ts";

const history = createRoute({
  method: "get",
  path: "/trust/history",
  summary: "Every digest that a tag has stood for",
  request: { query: imageQuery },
  responses: answers(tagPast, "The tag's past, of a year at most"),
});

const decided = createRoute({
  method: "get",
  path: "/trust/decisions",
  summary: "Frozen tags, and what was let through although it was new",
  responses: answers(decisions, "Every decision"),
});

const freezing = createRoute({
  method: "post",
  path: "/trust/freeze",
  summary: "Freeze a tag to a digest, whatever its registry says from now on",
  request: { body: body(freezeRequest) },
  responses: answers(tagPast, "Frozen, and its content pinned"),
});

const unfreezing = createRoute({
  method: "delete",
  path: "/trust/freeze",
  summary: "Let a tag stand for what its registry says",
  request: { query: imageQuery },
  responses: done("Not frozen any more"),
});

const releasing = createRoute({
  method: "post",
  path: "/trust/release",
  summary: "Let through what is held back",
  request: { body: body(releaseRequest) },
  responses: done("Clients can have it"),
});

const trying = createRoute({
  method: "post",
  path: "/policy/try",
  summary: "What rules would have refused of the pulls of the last 30 days",
  request: { body: body(tryRequest) },
  responses: answers(dryRun, "Nothing was changed"),
});

interface TrustDeps {
  cache: Cache | undefined;
  /** Where pulls are recorded. */
  stats: Stats;
  book: TrustBook | undefined;
  config: () => Config;
  /** Unix milliseconds. */
  now: () => number;
}

/** What may come through, to steer. Without a cache everything is a 404. */
export function trustRoutes({ cache, book, stats, config, now }: TrustDeps) {
  const kept = () => ({ cache: requireCache(cache), book: book! });
  const view = (image: string) => {
    const hold = (registry: string) => {
      const found = config().registries[registry];
      return found && holdOf(found);
    };
    const { frozen = null, digests } = said(() => pastOf({ ...kept(), hold, now: now() }, image));
    const past = digests.map(({ heldUntil = null, bytes = null, ...it }) => ({
      ...{ ...it, heldUntil, bytes },
    }));
    return { image, frozen, digests: past };
  };
  return router()
    .openapi(history, (c) => c.json(view(c.req.valid("query").image), 200))
    .openapi(decided, (c) => {
      const { frozen, released } = kept().book;
      const letThrough = released.map(({ digest = null, ...it }) => ({ ...it, digest }));
      return c.json({ frozen, released: letThrough.toReversed() }, 200);
    })
    .openapi(freezing, async (c) => {
      const wanted = c.req.valid("json");
      note(c, { target: wanted.image });
      const decider = { by: nameOf(c.get("identity")), at: now() };
      const digest = await said(() => freeze(kept().cache, kept().book, { ...wanted, ...decider }));
      note(c, { detail: `to ${digest}` });
      return c.json(view(wanted.image), 200);
    })
    .openapi(unfreezing, async (c) => {
      const { image } = c.req.valid("query");
      note(c, { target: image });
      if (!await unfreeze(kept().cache, kept().book, image)) throw notFound(`Frozen tag ${image}`);
      return c.body(null, 204);
    })
    .openapi(trying, async (c) => {
      const { rules: written } = c.req.valid("json");
      const { policy } = config();
      const checked = written === undefined ? policy : checkedRules(config(), written);
      if ("problems" in checked) {
        const { problems: fields } = checked;
        const detail = fields.map(({ path, message }) => `${path}: ${message}`).join("\n");
        throw new ApiProblem(422, "Invalid rules", { type: "invalid-request", fields, detail });
      }
      const from = now() - SPAN_MS;
      const pulls = stats.clients().all({ from, to: now() + 1 });
      return c.json({ from, ...await tryRules(kept().cache, checked.rules, pulls) }, 200);
    })
    .openapi(releasing, async (c) => {
      const decider = { by: nameOf(c.get("identity")), at: now() };
      const wanted = c.req.valid("json");
      note(c, { target: wanted.image, detail: wanted.digest ?? "" });
      await said(() => release(kept().cache, kept().book, { ...wanted, ...decider }));
      return c.body(null, 204);
    });
}

/** The result of `work`; what it says cannot be done is a problem. */
function said<T>(work: () => T): T {
  const problem = (error: unknown): unknown => {
    if (!(error instanceof TrustError)) return error;
    const { message, what } = error;
    if (what === "gone") return new ApiProblem(409, message, { type: "not-cached" });
    const fields = [{ path: what, message }];
    return new ApiProblem(422, "Invalid request", { type: "invalid-request", fields });
  };
  try {
    const result = work();
    return result instanceof Promise
      ? result.catch((error) => {
        throw problem(error);
      }) as T
      : result;
  } catch (error) {
    throw problem(error);
  }
}
