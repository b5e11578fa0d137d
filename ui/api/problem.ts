/** Errors of the API: RFC 9457 problem details, one class, one renderer. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import type { FieldProblem, Problem } from "./schema.ts";
import { fieldProblems } from "./validation.ts";

interface Details {
  /** What to do next. */
  detail?: string;
  /** A word that scripts may switch on: `changed-underneath`. */
  type?: string;
  fields?: FieldProblem[];
  /** Milliseconds after which it may go better: sent as `Retry-After`. */
  retryAfterMs?: number;
}

/** Thrown by handlers, rendered by {@linkcode renderError}. Never holds a secret. */
export class ApiProblem extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    /** What happened, in a few words. */
    readonly title: string,
    readonly details: Details = {},
  ) {
    super(title);
    this.name = "ApiProblem";
  }
}

/** A 404 that names what is missing. */
export function notFound(what: string): ApiProblem {
  return new ApiProblem(404, `${what} not found`, { type: "not-found" });
}

/** The problem in a response, whatever was thrown; unexpected errors are told to `report` alone. */
export function renderError(
  error: Error,
  c: Context,
  report: (error: unknown, path: string) => void,
): Response {
  if (error instanceof ApiProblem) return render(c, error);
  if (error instanceof HTTPException) return render(c, refused(error));
  if (isLostBody(error)) return render(c, new ApiProblem(400, "The request body broke off"));
  report(error, c.req.path);
  return render(
    c,
    new ApiProblem(500, "Internal error", { detail: "See the log." }),
  );
}

/** Whether the client went away while its body was being read: nobody is left to be told. */
function isLostBody(error: Error): boolean {
  const { BadResource, ConnectionReset, Http, Interrupted, UnexpectedEof } = Deno.errors;
  return [BadResource, ConnectionReset, Http, Interrupted, UnexpectedEof]
    .some((kind) => error instanceof kind);
}

/**
 * What the schema says of a request, as a 400 for its address and a 422 for its body; `data` is what
 * was checked.
 */
export function invalidRequest(error: z.ZodError, target: string, data: unknown): ApiProblem {
  const fields = fieldProblems(error, target, data);
  const first = fields[0];
  return new ApiProblem(target === "json" ? 422 : 400, "Invalid request", {
    type: "invalid-request",
    fields,
    ...first ? { detail: first.path ? `${first.path}: ${first.message}` : first.message } : {},
  });
}

/** What the server's own library has against a request. */
function refused({ status, message }: HTTPException): ApiProblem {
  if (status !== 415) {
    return new ApiProblem(status as ContentfulStatusCode, message || "Invalid request");
  }
  return new ApiProblem(415, "The body is not declared as JSON", {
    type: "not-json",
    detail: "Send it with the header Content-Type: application/json.",
  });
}

function render(c: Context, { status, title, details }: ApiProblem): Response {
  const { type, detail, fields, retryAfterMs } = details;
  const body: Problem = {
    type: type ? `/problems/${type}` : "about:blank",
    title,
    status,
    ...detail !== undefined ? { detail } : {},
    ...fields !== undefined ? { fields } : {},
  };
  if (retryAfterMs !== undefined) {
    c.header("Retry-After", String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  }
  return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" });
}
