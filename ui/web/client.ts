/** Talks to the API. */
import type { ExtractSchema } from "hono/types";
import type { AdminApp } from "../admin.ts";
import type { FieldProblem, Problem } from "../api/schema.ts";

/** An answer that is not a success, or none at all (`status` 0). */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  /** The problem's type, such as `changed-underneath`; empty where it has none. */
  readonly type: string;
  /** What to do next; empty where the server did not say. */
  readonly detail: string;
  readonly fields: FieldProblem[];

  constructor(problem: Problem) {
    super(problem.title);
    this.status = problem.status;
    this.type = /^\/problems\/(.+)$/.exec(problem.type)?.[1] ?? "";
    this.detail = problem.detail ?? "";
    this.fields = problem.fields ?? [];
  }
}

/** Called when an answer says that nobody is signed in (any more). */
let onSignedOut = () => {};

/** Registers what to do when the session has ended. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

type Routes = ExtractSchema<AdminApp>;
type Full = keyof Routes & `/api/v1/${string}`;
type Method = "get" | "post" | "put" | "delete";

/** Paths beneath `/api/v1` that take `M`, with `:name` where a parameter goes. */
export type PathOf<M extends Method> = {
  [P in Full]: `$${M}` extends keyof Routes[P] ? P extends `/api/v1${infer Rest}` ? Rest : never
    : never;
}[Full];
type RouteOf<M extends Method, P extends string> = `/api/v1${P}` extends infer F extends Full
  ? `$${M}` extends infer V extends keyof Routes[F] ? Routes[F][V] : never
  : never;

/** What a success says. */
export type AnswerOf<M extends Method, P extends PathOf<M>> = Extract<
  RouteOf<M, P>,
  { status: 200 }
> extends { output: infer Output } ? Output : undefined;

/** What a route takes: `param`, `query` and `json`, each where it has it. */
export type InputOf<M extends Method, P extends PathOf<M>> = RouteOf<M, P> extends
  { input: infer Input } ? Omit<Input, "header"> : never;

interface CallOptions {
  /** Of the configuration that a change is based on, for `If-Match`. */
  revision?: string;
  signal?: AbortSignal;
}

interface AnyInput {
  param?: Record<string, string>;
  query?: Record<string, unknown>;
  json?: unknown;
}

/**
 * Asks the API; paths, what goes in and what comes out are those of its routes. Empty and undefined
 * values of a query are left out. Throws `ApiError`; an aborted call throws the signal's reason.
 */
export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  input: InputOf<M, P>,
  options: CallOptions = {},
): Promise<AnswerOf<M, P>> {
  const { json } = input as AnyInput;
  const headers = new Headers({ accept: "application/json" });
  if (json !== undefined) headers.set("content-type", "application/json");
  if (options.revision !== undefined) headers.set("if-match", `"${options.revision}"`);
  const response = await send(addressOf(path, input as AnyInput), {
    method: method.toUpperCase(),
    headers,
    body: json === undefined ? null : JSON.stringify(json),
    signal: options.signal ?? null,
  });
  if (response.ok) {
    return (response.status === 204 ? undefined : await response.json()) as AnswerOf<M, P>;
  }
  if (response.status === 401 && path !== "/login") onSignedOut();
  throw new ApiError(await problemOf(response));
}

/** `path` with its parameters filled in, and its query. */
export function addressOf(path: string, { param = {}, query = {} }: AnyInput): string {
  const filled = path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(param[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search}`;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError({
      type: "about:blank",
      title: "Berth does not answer",
      status: 0,
      detail: "Check that it runs and that this computer reaches it; then try again.",
    });
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = {
    type: "about:blank",
    title: `Berth answered ${response.status} ${response.statusText}`.trim(),
    status: response.status,
  };
  try {
    return { ...fallback, ...await response.json() as Partial<Problem> };
  } catch {
    return fallback;
  }
}

/** `error` as one shows it. */
export function messageOf(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiError) return { title: error.message, detail: error.detail };
  return { title: error instanceof Error ? error.message : String(error), detail: "" };
}
