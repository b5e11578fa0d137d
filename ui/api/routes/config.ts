/** `GET /config`, `POST /config/reload`. */
import { createRoute } from "@hono/zod-openapi";
import type { AcmeState } from "../../../proxy/acme/keeper.ts";
import type { LiveConfig } from "../../../proxy/config/live.ts";
import { fileState } from "../../../proxy/config/write.ts";
import { nameOf, note } from "../identity.ts";
import { answers, router } from "../route.ts";
import { config as configSchema, reload as reloadSchema } from "../schema/config.ts";
import { reloadNote, reloadView, settings } from "../views/settings.ts";

const get = createRoute({
  method: "get",
  path: "/config",
  summary: "The effective configuration and where each value comes from, secrets masked",
  responses: answers(configSchema, "The configuration"),
});

const reload = createRoute({
  method: "post",
  path: "/config/reload",
  summary: "Read the configuration again",
  responses: answers(reloadSchema, "How it went; a refused configuration changes nothing"),
});

/** The configuration. `startedAt` in Unix milliseconds. */
export function configRoutes(
  live: LiveConfig,
  startedAt: number,
  acme: () => AcmeState | undefined = () => undefined,
) {
  return router()
    .openapi(get, async (c) => {
      const { loaded } = live;
      return c.json({
        ...await fileState(live),
        file: loaded.file ?? "",
        settings: settings(loaded, live.started),
        acme: acmeView(acme()),
        lastReload: reloadView(live.lastReload, startedAt),
      }, 200);
    })
    .openapi(reload, async (c) => {
      const result = await live.reload("dashboard", nameOf(c.get("identity")));
      const view = reloadView(result, startedAt);
      note(c, reloadNote(view));
      return c.json(view, 200);
    });
}

function acmeView(state: AcmeState | undefined) {
  return state ? { ...state, domains: [...state.domains] } : null;
}
