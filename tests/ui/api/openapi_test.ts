/** openapi.json is valid, complete, and what the routes do. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Validator } from "@seriousme/openapi-schema-validator";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";

const TOKEN = "long-random";
const CONFIG = `admin:
  tokens: { ci: "sha256:${createHash("sha256").update(TOKEN).digest("hex")}" }
`;
const headers = { authorization: `Bearer ${TOKEN}` };

// deno-lint-ignore no-explicit-any
type Part = Record<string, any>;

interface Operation {
  /** `GET /api/v1/cache/tags` */
  name: string;
  method: string;
  /** With something for its parameters. */
  path: string;
  described: Part;
}

async function documentOf(admin: AdminFixture): Promise<Part> {
  return await (await admin.ask("/api/v1/openapi.json")).json();
}

function operationsOf(document: Part): Operation[] {
  return Object.entries<Part>(document.paths).flatMap(([path, item]) =>
    Object.entries<Part>(item).map(([method, described]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: `/api/v1${path.replaceAll(/\{\w+\}/g, "x")}`,
      described,
    }))
  );
}

async function problemOf(response: Response): Promise<Part> {
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  return await response.json();
}

Deno.test("openapi.json, is valid OpenAPI 3.1", async () => {
  await using admin = await adminFixture();
  const { valid, errors } = await new Validator().validate(await documentOf(admin));
  assert.ok(valid, JSON.stringify(errors, null, 2));
});

Deno.test("openapi.json, describes every route, and no other", async () => {
  await using admin = await adminFixture();
  const hidden = "DELETE /cache/images/{registry}/{repository{.+}}"; // OpenAPI has no word for it.
  const routes = admin.app.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/v1/"))
    .map(({ method, path }) => {
      return `${method} ${path.slice("/api/v1".length).replaceAll(/:([^/]+)/g, "{$1}")}`;
    });
  const own = new Set(routes.filter((route) => route !== hidden && !/openapi/.test(route)));
  const described = operationsOf(await documentOf(admin)).map(({ name }) => name);
  assert.deepEqual(
    described.sort(),
    [...own].sort(),
    "a route is made by createRoute and router().openapi() of ui/api/route.ts",
  );
});

Deno.test("openapi.json, explains every operation, parameter and property", async () => {
  await using admin = await adminFixture();
  const document = await documentOf(admin);
  const missing: string[] = [];
  const ids = new Set<string>();
  for (const { name, described } of operationsOf(document)) {
    const { summary, operationId, parameters = [], requestBody, responses } = described;
    if (!summary) missing.push(`${name}: a summary`);
    ids.add(operationId);
    for (const parameter of parameters) {
      if (!parameter.description) missing.push(`${name}: parameter ${parameter.name}`);
    }
    const example = requestBody?.content["application/json"].example;
    if (requestBody && example === undefined) {
      missing.push(`${name}: an example, in EXAMPLES of ui/api/glossary.ts`);
    }
    for (const [status, response] of Object.entries<Part>(responses)) {
      if (!response.$ref && !response.description) missing.push(`${name}: response ${status}`);
    }
  }
  const walk = (part: Part, where: string) => {
    for (const [property, value] of Object.entries<Part>(part.properties ?? {})) {
      if (!value.description) missing.push(`${where}.${property}`);
      walk(value, `${where}.${property}`);
    }
    for (const below of [part.items, part.additionalProperties]) {
      if (below && typeof below === "object") walk(below, where);
    }
    for (const below of [...part.anyOf ?? [], ...part.allOf ?? [], ...part.oneOf ?? []]) {
      walk(below, where);
    }
  };
  for (const [name, schema] of Object.entries<Part>(document.components.schemas)) {
    walk(schema, name);
  }
  assert.deepEqual(
    missing,
    [],
    "say in ui/api/glossary.ts what these are, or in the schema by .openapi({ description })",
  );
  assert.equal(ids.size, operationsOf(document).length);
});

Deno.test("openapi.json, its examples are taken", async () => {
  await using admin = await adminFixture(CONFIG);
  for (const { name, method, path, described } of operationsOf(await documentOf(admin))) {
    const example = described.requestBody?.content["application/json"].example;
    if (example === undefined) continue;
    const response = await admin.ask(path, { method, headers, body: example });
    const text = await response.text();
    assert.ok(response.ok || !text.includes("/problems/invalid-request"), `${name}: ${text}`);
  }
});

Deno.test("API, a parameter that is not known is refused by every route", async () => {
  await using admin = await adminFixture(CONFIG);
  for (const { name, method, path, described } of operationsOf(await documentOf(admin))) {
    const body = described.requestBody?.content["application/json"].example;
    const response = await admin.ask(`${path}?nonsense=1`, { method, headers, body });
    assert.equal(response.status, 400, name);
    const { type, fields } = await problemOf(response);
    assert.equal(type, "/problems/invalid-request", name);
    const complaint = { path: "nonsense", message: "unknown parameter" };
    assert.deepEqual(fields.find(({ path }: Part) => path === "nonsense"), complaint, name);
  }
});

Deno.test("API, a key that is not known is refused by every route that takes a body", async () => {
  await using admin = await adminFixture(CONFIG);
  for (const { name, method, path, described } of operationsOf(await documentOf(admin))) {
    const example = described.requestBody?.content["application/json"].example;
    if (example === undefined) continue;
    const response = await admin.ask(path, { method, headers, body: { ...example, nonsense: 1 } });
    assert.equal(response.status, 422, name);
    const { fields } = await problemOf(response);
    assert.deepEqual(fields, [{ path: "nonsense", message: "unknown key" }], name);
  }
});

Deno.test("API, says what was found and what is expected", async () => {
  await using admin = await adminFixture(CONFIG);
  const say = async (path: string, body?: unknown) => {
    const response = await admin.ask(`/api/v1${path}`, { headers, body });
    return (await problemOf(response)).fields.map(({ path, message }: Part) => [path, message]);
  };
  const url = "https://r.example";
  const table: [string, unknown, string[][]][] = [
    ["/stats?span=1h", undefined, [["span", "unknown parameter"]]],
    ["/stats?perod=1h", undefined, [["perod", "unknown parameter; did you mean period?"]]],
    ["/stats?period=1y", undefined, [["period", 'found "1y", expected one of 1h, 24h, 30d']]],
    ["/activity?limit=0", undefined, [["limit", 'found "0", expected 1 or more']]],
    ["/activity?limit=x", undefined, [["limit", 'found "x", expected a number']]],
    ["/cache/tags", undefined, [
      ["registry", "missing; expected a string"],
      ["repository", "missing; expected a string"],
    ]],
    ["/registries", {}, [
      ["name", "missing; expected a string"],
      ["settings", "missing; expected an object"],
    ]],
    ["/registries", { name: "r", settings: { url, auth: { usrname: "x", mode: 5 } } }, [
      ["settings.auth.mode", "found 5, expected a string"],
      ["settings.auth.usrname", "unknown key; did you mean username?"],
    ]],
    ["/registries", { name: "r", settings: { url, manifests: { ttl: true } } }, [
      ["settings.manifests.ttl", "found true, expected a string or 0"],
    ]],
    ["/registries", [], [["", "found a list, expected an object"]]],
    ["/login", { username: "", password: "secret" }, [
      ["username", 'found "", expected 1 character or more'],
    ]],
    ["/login", { username: "x", password: ["secret"] }, [
      ["password", "found a list, expected a string"],
    ]],
    ["/tokens", { name: "a b", scopes: [] }, [
      ["name", "found a string, expected letters, digits, dots and dashes, 64 at most"],
      ["scopes", "found a list, expected at least one scope"],
    ]],
  ];
  for (const [path, body, fields] of table) assert.deepEqual(await say(path, body), fields, path);
});

Deno.test("API, a body that is not declared as JSON is told how to be", async () => {
  await using admin = await adminFixture(CONFIG);
  const response = await admin.app.request("http://berth.example/api/v1/cache/pins", {
    method: "POST",
    headers: { ...headers, "content-type": "text/plain" },
    body: "{}",
  }, { peer: "192.0.2.1" });
  const { status, type, title, detail } = await problemOf(response);
  assert.deepEqual([status, type], [415, "/problems/not-json"]);
  assert.equal(title, "The body is not declared as JSON");
  assert.equal(detail, "Send it with the header Content-Type: application/json.");
});
