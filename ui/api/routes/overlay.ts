/** `/config/overlay`: changes to a configuration file that cannot be written. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { LiveConfig } from "../../../proxy/config/live.ts";
import { parseKey } from "../../../proxy/config/path.ts";
import { dropOverlay } from "../../../proxy/config/write.ts";
import { invalidAs, putInForce, refuse, type Wording } from "../config_changes.ts";
import { nameOf, note } from "../identity.ts";
import { notFound } from "../problem.ts";
import { answers, done, router } from "../route.ts";
import { overlay as overlaySchema } from "../schema/config.ts";
import { overlayView, overlayYaml } from "../views/overlay.ts";
import { changeViews, fieldProblem } from "../views/settings.ts";

const get = createRoute({
  method: "get",
  path: "/config/overlay",
  summary:
    "Changes kept beside a file that cannot be written; as YAML for a chart's values.yaml, " +
    "without secrets, by Accept: application/yaml or format=yaml",
  request: { query: z.object({ format: z.enum(["json", "yaml"]).optional() }) },
  responses: answers(overlaySchema, "What differs from the file"),
});

const drop = createRoute({
  method: "delete",
  path: "/config/overlay",
  summary: "Drop the changes, so that the file alone counts again; only path where it is given",
  request: { query: z.object({ path: z.string().min(1).optional() }) },
  responses: done("Dropped; the file applies again"),
});

const WORDING: Wording = {
  invalid: invalidAs("Without this the configuration would not be valid", "invalid-configuration"),
  field: fieldProblem,
};

/** The overlay of `live`. */
export function overlayRoutes(live: LiveConfig) {
  return router()
    .openapi(get, (c) => {
      const accepted = c.req.header("accept") ?? "";
      const yaml = c.req.valid("query").format === "yaml" || /\byaml\b/.test(accepted);
      if (!yaml) return c.json(overlayView(live.loaded), 200);
      return c.body(overlayYaml(live.loaded), 200, {
        "Content-Type": "application/yaml; charset=utf-8",
        "Content-Disposition": 'attachment; filename="values-overlay.yaml"',
      }) as never;
    })
    .openapi(drop, async (c) => {
      const key = c.req.valid("query").path;
      const path = key === undefined ? undefined : parseKey(key);
      const items = overlayView(live.loaded).items;
      const known = items.some((item) => item.path === key || item.path.startsWith(`${key}.`));
      if (key !== undefined && !(path && known)) throw notFound(`${key} in the overlay`);
      await dropOverlay(live, path).catch((error) => refuse(error, WORDING));
      const changes = await putInForce(live, nameOf(c.get("identity")));
      note(c, { target: key ?? "", changes: changeViews(changes) });
      return c.body(null, 204);
    });
}
