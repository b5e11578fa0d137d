/** `/registries`: the registry map. */
import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { LiveConfig } from "../../../proxy/config/live.ts";
import type { Registry } from "../../../proxy/config/schema.ts";
import { fileState } from "../../../proxy/config/write.ts";
import type { ProbeResult } from "../../../proxy/upstream/probe.ts";
import type { Stats } from "../../../proxy/observe/stats/stats.ts";
import { zero } from "../../../proxy/observe/stats/counts.ts";
import type { Access } from "../access.ts";
import { type AdminEnv, nameOf, note } from "../identity.ts";
import { revisionOf } from "../config_changes.ts";
import type { Present } from "../present.ts";
import { ApiProblem, notFound } from "../problem.ts";
import {
  applyChange,
  candidateRegistry,
  previewChange,
  type RegistryChange,
} from "../registry_changes.ts";
import { type Change, checkFiles } from "../registry_files.ts";
import { answers, body, done, router } from "../route.ts";
import {
  preview as previewSchema,
  previewRequest,
  registry as registrySchema,
  registryChange,
  registryList,
  testResult,
} from "../schema/registries.ts";
import type { RegistryView, TestResult } from "../schema/registries.ts";
import { quotaView } from "../views/health.ts";
import { configuredRegistry } from "../views/registries.ts";
import { changeViews } from "../views/settings.ts";
import { counters } from "../views/counters.ts";

const DAY_MS = 24 * 3600e3;

const params = z.object({ name: z.string() });
const headers = z.object({
  "if-match": z.string().optional(),
});

const list = createRoute({
  method: "get",
  path: "/registries",
  summary: "The registry map",
  responses: answers(registryList, "Every registry, and the file that holds them"),
});

const get = createRoute({
  method: "get",
  path: "/registries/{name}",
  summary: "One registry",
  request: { params },
  responses: answers(registrySchema, "The registry"),
});

const create = createRoute({
  method: "post",
  path: "/registries",
  summary: "Add a registry",
  request: { headers, body: body(registryChange) },
  responses: answers(registrySchema, "Added and active"),
});

const change = createRoute({
  method: "put",
  path: "/registries/{name}",
  summary: "Change a registry: what is left out goes back to its default, secrets are kept",
  request: { params, headers, body: body(registryChange) },
  responses: answers(registrySchema, "Changed and active"),
});

const remove = createRoute({
  method: "delete",
  path: "/registries/{name}",
  summary: "Remove a registry",
  request: { params, headers },
  responses: done("Removed"),
});

const preview = createRoute({
  method: "post",
  path: "/registries/preview",
  summary: "What a change would do to the file, and what is wrong with it",
  request: { body: body(previewRequest) },
  responses: answers(previewSchema, "Nothing was written"),
});

const test = createRoute({
  method: "post",
  path: "/registries/test",
  summary: "Try to reach a registry with these settings, step by step",
  request: { body: body(registryChange) },
  responses: answers(testResult, "The steps with their results"),
});

const testKnown = createRoute({
  method: "post",
  path: "/registries/{name}/test",
  summary: "Try to reach a registry as it is, step by step",
  request: { params },
  responses: answers(testResult, "The steps with their results"),
});

interface RegistryDeps {
  live: LiveConfig;
  stats: Stats;
  present: Present;
  access: Access;
  /** Unix milliseconds. */
  now: () => number;
  /** Tries to reach a registry, in the map or not. */
  probe: (registry: Registry, signal: AbortSignal) => Promise<ProbeResult>;
}

/** The registry map. */
export function registryRoutes({ live, stats, present, access, now, probe }: RegistryDeps) {
  const views = (names: string[], c: Context<AdminEnv>): RegistryView[] => {
    const figures = stats.byRegistry("hour", now() - DAY_MS, now() + 1);
    const { host } = new URL(present.registryUrl(access.hostname(c)));
    return names.map((name) => ({
      ...configuredRegistry(live.loaded, name, host),
      health: present.health(name),
      counters: counters(figures.get(name) ?? zero()),
    }));
  };
  const known = (name: string, c: Context<AdminEnv>): RegistryView => {
    if (!Object.hasOwn(live.current.registries, name)) throw notFound(`Registry "${name}"`);
    return views([name], c)[0]!;
  };
  const tried = async (registry: Registry, c: Context<AdminEnv>): Promise<TestResult> => {
    note(c, { target: registry.name });
    const { quota, ...result } = await probe(registry, c.req.raw.signal);
    note(c, { detail: result.text });
    return { ...result, quota: quotaView(quota, now()) };
  };
  return router()
    .openapi(list, async (c) => {
      const items = views(Object.keys(live.current.registries), c);
      return c.json({ items, ...await fileState(live) }, 200);
    })
    .openapi(get, (c) => c.json(known(c.req.valid("param").name, c), 200))
    .openapi(create, async (c) => {
      const { name, settings } = checked(c, live, c.req.valid("json"));
      await apply(c, live, { name, settings, create: true });
      return c.json(known(name, c), 200);
    })
    .openapi(change, async (c) => {
      const { name } = c.req.valid("param");
      const { name: stated, settings } = checked(c, live, c.req.valid("json"));
      if (stated !== name) throw renamed();
      await apply(c, live, { name, settings, create: false });
      return c.json(known(name, c), 200);
    })
    .openapi(remove, async (c) => {
      const { name } = c.req.valid("param");
      await apply(c, live, { name, settings: null, create: false });
      return c.body(null, 204);
    })
    .openapi(preview, async (c) => {
      const change = checked(c, live, c.req.valid("json"));
      return c.json(await previewChange(live, change), 200);
    })
    .openapi(test, async (c) => {
      const { name, settings } = checked(c, live, c.req.valid("json"));
      const registry = await candidateRegistry(live, name, settings);
      return c.json(await tried(registry, c), 200);
    })
    .openapi(testKnown, async (c) => {
      const { name } = known(c.req.valid("param").name, c);
      return c.json(await tried({ ...live.current.registries[name]!, name }, c), 200);
    });
}

async function apply(
  c: Context<AdminEnv>,
  live: LiveConfig,
  change: RegistryChange,
): Promise<void> {
  const revision = revisionOf(c.req.header("if-match"));
  const basis = { by: nameOf(c.get("identity")), revision };
  note(c, { target: change.name });
  note(c, { changes: changeViews(await applyChange(live, change, basis)) });
}

/** `change`, where the one who asks may name the files in it. */
function checked<T extends Change>(c: Context<AdminEnv>, live: LiveConfig, change: T): T {
  note(c, { target: change.name });
  checkFiles(c.get("identity"), change, live.current.registries);
  return change;
}

function renamed(): ApiProblem {
  const fields = [{ path: "name", message: "expected the registry's own name" }];
  const detail = "Add a registry of the new name and remove this one.";
  return new ApiProblem(422, "A registry cannot be renamed", { detail, fields });
}
