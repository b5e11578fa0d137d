/** The warm list: `GET /prefetch`, `POST /prefetch/preview|run|rules`, `DELETE /prefetch/rules`, `/prefetch/learn`. */
import { createRoute } from "@hono/zod-openapi";
import type { Learned, LearnedView } from "../../../proxy/ahead/learned.ts";
import { NO_TOTALS } from "../../../proxy/ahead/learned_state.ts";
import type { Pulls } from "../../../proxy/ahead/pulls.ts";
import { imagesHeld } from "../../../proxy/ahead/rule.ts";
import type { RuleView, Warm } from "../../../proxy/ahead/warm.ts";
import type { LiveConfig } from "../../../proxy/config/live.ts";
import { nameOf, note } from "../identity.ts";
import { addRule, removeRule, setLearn } from "../prefetch_changes.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { answers, body, done, router } from "../route.ts";
import {
  newLearn,
  newRule,
  prefetch,
  prefetchPreview,
  previewQuery,
  ruleNamed,
} from "../schema/prefetch.ts";

/** What Berth fetches before a client asks. */
export interface AheadOfNeed {
  readonly pulls: Pulls;
  readonly warm: Warm;
  readonly learned: Learned;
  /** Whether what is due falls to another Berth of the cluster, as far as known. */
  elsewhere(): boolean;
}

const show = createRoute({
  method: "get",
  path: "/prefetch",
  summary: "The rules of prefetch: when each runs next, and what the last run came to",
  responses: answers(prefetch, "Every rule of the configuration"),
});

const preview = createRoute({
  method: "post",
  path: "/prefetch/preview",
  summary: "What patterns of images mean now; nothing is fetched but lists of tags",
  request: { body: body(previewQuery) },
  responses: answers(prefetchPreview, "The images"),
});

const run = createRoute({
  method: "post",
  path: "/prefetch/run",
  summary: "Run a rule now",
  request: { body: body(ruleNamed) },
  responses: done("It has begun"),
});

const add = createRoute({
  method: "post",
  path: "/prefetch/rules",
  summary: "Add a rule to prefetch.rules of the configuration file",
  request: { body: body(newRule) },
  responses: answers(prefetch, "Added, and active"),
});

const remove = createRoute({
  method: "delete",
  path: "/prefetch/rules",
  summary: "Remove a rule from the configuration file; what it held may be evicted from then on",
  request: { query: ruleNamed },
  responses: answers(prefetch, "Removed"),
});

const learn = createRoute({
  method: "put",
  path: "/prefetch/learn",
  summary: "Set prefetch.learn of the configuration file",
  request: { body: body(newLearn) },
  responses: answers(prefetch, "Written, and active"),
});

const look = createRoute({
  method: "post",
  path: "/prefetch/learn/run",
  summary: "Look at the tags that are pulled most now",
  responses: done("It has begun"),
});

/** The rules of the configuration, and what became of them. Without a cache there are none. */
export function prefetchRoutes(live: LiveConfig, ahead: AheadOfNeed | undefined) {
  const warm = () => {
    if (!ahead) throw notFound("A cache");
    return ahead.warm;
  };
  const view = () => {
    const { reserve, time_zone } = live.current.prefetch;
    return {
      ...{ reserve, timeZone: time_zone, elsewhere: ahead?.elsewhere() ?? false },
      rules: (ahead?.warm.views() ?? []).map(viewOf),
      learn: learnOf(ahead?.learned.view() ?? live.current.prefetch.learn),
    };
  };
  return router()
    .openapi(show, (c) => c.json(view(), 200))
    .openapi(preview, async (c) => {
      const { images, keep = 0, max_tags = 50 } = c.req.valid("json");
      const { signal } = c.req.raw;
      const matches = await warm().preview({ images, keep, maxTags: max_tags }, signal);
      return c.json({ matches }, 200);
    })
    .openapi(run, (c) => {
      const { name } = c.req.valid("json");
      note(c, { target: name });
      if (!warm().views().some(({ rule }) => rule.name === name)) throw notFound(`Rule ${name}`);
      if (!warm().runNow(name)) throw new ApiProblem(409, "It runs already", { type: "running" });
      return c.body(null, 204);
    })
    .openapi(add, async (c) => {
      const rule = c.req.valid("json");
      note(c, { target: rule.name ?? rule.images.join(" ") });
      await addRule(live, rule, nameOf(c.get("identity")));
      return c.json(view(), 200);
    })
    .openapi(remove, async (c) => {
      const { name } = c.req.valid("query");
      note(c, { target: name });
      if (!await removeRule(live, name, nameOf(c.get("identity")))) throw notFound(`Rule ${name}`);
      return c.json(view(), 200);
    })
    .openapi(learn, async (c) => {
      const wanted = c.req.valid("json");
      note(c, { target: `${wanted.tags} tags` });
      await setLearn(live, wanted, nameOf(c.get("identity")));
      return c.json(view(), 200);
    })
    .openapi(look, (c) => {
      if (!ahead) throw notFound("A cache");
      if (!ahead.learned.lookNow()) {
        throw new ApiProblem(409, "It is off, or looks already", { type: "running" });
      }
      return c.body(null, 204);
    });
}

/** Without a cache nothing is learned, whatever the configuration says. */
function learnOf(view: Pick<LearnedView, "tags" | "every"> & Partial<LearnedView>) {
  const { tags, every, nextAt = null, running = false, totals = NO_TOTALS, looks = [] } = view;
  return { tags, every, nextAt, running, totals, looks: [...looks] };
}

function viewOf({ rule, state, nextAt, running }: RuleView) {
  return {
    ...rule,
    images: [...rule.images],
    platforms: [...rule.platforms],
    nextAt,
    running: running ?? null,
    last: state.result,
    held: imagesHeld(state),
  };
}
