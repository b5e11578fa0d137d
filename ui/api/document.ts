/** `openapi.json`: what the routes say of themselves, completed by what holds for all of them. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AdminEnv } from "./identity.ts";
import { EXAMPLES, GLOSSARY } from "./glossary.ts";
import { PROBLEM_TYPES } from "./problem_types.ts";

/** A part of the document, read and completed in place. */
// deno-lint-ignore no-explicit-any
type Part = Record<string, any>;

const ABOUT = `The dashboard's API, for scripts, too: docs/api.md has a line of curl for each use.

Sizes are in bytes, durations in milliseconds, times in Unix milliseconds, rates per second. Keys of
the configuration are spelled as in the file, everything else in camelCase. Parameters and keys that
are not described here are refused. Errors are problem details (RFC 9457).`;

/** What can go wrong in whichever route, and with which of them. */
const ERRORS: Record<string, {
  name: string;
  description: string;
  of: (operation: Part) => boolean;
}> = {
  400: {
    name: "BadRequest",
    description: "A parameter is not valid, or the body is no JSON",
    of: () => true,
  },
  401: {
    name: "NotSignedIn",
    description: "It takes a token or a session, or the password is wrong",
    of: () => true,
  },
  403: {
    name: "NotAllowed",
    description: "The token's scopes or the user's role do not allow it, or it comes from a page " +
      "of another site",
    of: () => true,
  },
  404: {
    name: "NotFound",
    description: "There is no such thing",
    of: ({ parameters = [] }) => parameters.some((one: Part) => one.in === "path"),
  },
  409: {
    name: "Conflict",
    description: "It changed underneath, is in use, or cannot be changed here",
    of: ({ method }) => method !== "get",
  },
  413: { name: "TooLarge", description: "The body is larger than 1 MiB", of: hasBody },
  415: { name: "NotJson", description: "The body is not declared as JSON", of: hasBody },
  422: { name: "InvalidBody", description: "The body is not valid; `fields` say why", of: hasBody },
  429: {
    name: "TooManyAttempts",
    description: "Too many failed sign-ins; `Retry-After` says how long to wait",
    of: () => true,
  },
};

function hasBody({ requestBody }: Part): boolean {
  return requestBody !== undefined;
}

const METHODS = ["get", "put", "post", "delete"] as const;

/** The OpenAPI document of `api`, whose routes stand beneath `/api/v1`. */
export function openApiDocument(api: OpenAPIHono<AdminEnv>, version: string): Part {
  const { openAPIRegistry } = api;
  for (const [name, scheme] of Object.entries(SECURITY)) {
    openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  }
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Berth", version, description: ABOUT, license: LICENSE },
    servers: [{ url: "/api/v1", description: "On the dashboard's port" }],
    security: [{ token: [] }, { session: [] }],
  }) as Part;
  const tags = new Set<string>();
  for (const [path, item] of Object.entries<Part>(document.paths)) {
    for (const method of METHODS) {
      if (item[method]) tags.add(completeOperation(item[method], method, path));
    }
  }
  document.tags = [...tags].sort().map((name) => ({ name }));
  completeComponents(document.components);
  return document;
}

const LICENSE = { name: "MIT", identifier: "MIT" };

const SECURITY = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "A token made by POST /tokens, within its scopes, or one of admin.tokens",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "berth_session",
    description: "What POST /login sets; __Host-berth_session over TLS",
  },
} as const;

/** Gives the operation its id, tag, errors and the words of its parameters; the tag comes back. */
function completeOperation(operation: Part, method: string, path: string): string {
  const parts = path.split("/").filter(Boolean);
  const tag = parts[0]!;
  operation.operationId = operationId(method, parts);
  operation.tags = [tag];
  for (const parameter of operation.parameters ?? []) {
    explain(parameter, parameter.name, path);
    explainAll(parameter.schema, path);
  }
  const example = EXAMPLES[`${method.toUpperCase()} ${path}`];
  if (operation.requestBody) operation.requestBody.content["application/json"].example ??= example;
  for (const [status, { name, of }] of Object.entries(ERRORS)) {
    if (of({ ...operation, method })) {
      operation.responses[status] ??= { $ref: `#/components/responses/${name}` };
    }
  }
  operation.responses.default &&= { $ref: "#/components/responses/Error" };
  return tag;
}

/** `getCacheImages`, `deleteRegistriesByName`. */
function operationId(method: string, parts: readonly string[]): string {
  const words = parts.map((part) => part.replace(/^\{(.+)\}$/, "by-$1").split("-")).flat();
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

function completeComponents(components: Part): void {
  for (const [name, schema] of Object.entries<Part>(components.schemas)) {
    explainAll(schema, name);
  }
  const { type } = components.schemas.Problem.properties;
  const words = Object.entries(PROBLEM_TYPES).map(([word, text]) =>
    `\`/problems/${word}\`: ${text}`
  );
  type.description = ["`about:blank`, or a word that scripts may switch on.", ...words].join("\n");
  const response = (description: string) => ({
    description,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  });
  components.responses = Object.fromEntries([
    ...Object.values(ERRORS).map(({ name, description }) => [name, response(description)]),
    ["Error", response("What went wrong, such as an internal error (500)")],
  ]);
}

/** Describes every property of `schema`, the component `name`, that does not describe itself. */
function explainAll(schema: Part | undefined, name: string, prefix = ""): void {
  if (!schema) return;
  for (const [property, value] of Object.entries<Part>(schema.properties ?? {})) {
    if (name === "RegistrySettings") {
      const key = [prefix, property].filter(Boolean).join(".");
      value.description ??=
        `\`registries.*.${key}\` of the configuration; config.yaml explains it.`;
      explainAll(value, name, key);
    } else {
      explain(value, property, name);
      explainAll(value, name);
    }
  }
  const parts = [schema.items, schema.additionalProperties, ...PARTS.flatMap((key) => schema[key])];
  for (const part of parts) if (typeof part === "object") explainAll(part, name, prefix);
}

const PARTS = ["allOf", "anyOf", "oneOf"];

function explain(part: Part, property: string, name: string): void {
  const known = GLOSSARY[`${name}.${property}`] ?? GLOSSARY[property];
  if (!known || part.description !== undefined) return;
  part.description = known.description;
  if (known.example !== undefined && part.$ref === undefined) part.example = known.example;
}
