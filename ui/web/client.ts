/** Talks to the API. */
import type { FieldProblem, Problem } from "../api/schema.ts";

/** An answer that is not a success, or none at all (`status` 0). */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  /** What to do next; empty where the server did not say. */
  readonly detail: string;
  readonly fields: FieldProblem[];

  constructor(problem: Problem) {
    super(problem.title);
    this.status = problem.status;
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

export interface CallOptions {
  body?: unknown;
  /** Of the configuration that a change is based on, for `If-Match`. */
  revision?: string;
  signal?: AbortSignal;
}

/**
 * Asks `/api/v1` + `path`. Answers without a body give `undefined`. Throws `ApiError`; an aborted
 * call throws the signal's reason.
 */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const headers = new Headers({ accept: "application/json" });
  if (options.body !== undefined) headers.set("content-type", "application/json");
  if (options.revision !== undefined) headers.set("if-match", `"${options.revision}"`);
  const response = await send(path, {
    method,
    headers,
    body: options.body === undefined ? null : JSON.stringify(options.body),
    signal: options.signal ?? null,
  });
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  if (response.status === 401 && path !== "/login") onSignedOut();
  throw new ApiError(await problemOf(response));
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

/** A path with a query, without what is empty or undefined. */
export function withParameters(
  path: string,
  parameters: Record<string, string | number | boolean | undefined>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** `error` as one shows it. */
export function messageOf(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiError) return { title: error.message, detail: error.detail };
  return { title: error instanceof Error ? error.message : String(error), detail: "" };
}
