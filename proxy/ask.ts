/** Asking a request's registry, and what to tell the client of an answer that is no success. */
import { clientChallenge } from "./client_sign_in/client_challenge.ts";
import type { Proof } from "./client_sign_in/proof.ts";
import { type Exchange, fullName } from "./exchange.ts";
import { discard, readLimited } from "./http/body.ts";
import { codingsOf } from "./http/content_coding.ts";
import { requestHeaders } from "./http/headers.ts";
import { calledAs } from "./names/target.ts";
import { isContentOf } from "./oci/content.ts";
import { codeForStatus, OciError, parseCode } from "./oci/errors.ts";
import type { OciPath } from "./oci/path.ts";

/** What to ask of upstream; what is left out comes from the client's request. */
export interface Question {
  method?: string;
  /** What follows `/v2/<repository>/`, e.g. `manifests/latest`; a leading slash: the whole path. */
  path: string;
  query?: string;
  headers?: HeadersInit;
  body?: ReadableStream<Uint8Array>;
  /** Actions on the repository: `pull`, `pull,push`; none for what needs no scope. */
  actions?: string;
  scopes?: string[];
  signal?: AbortSignal;
  /** Fewer attempts than configured, where something older is at hand. */
  retries?: number;
  /** `false` where the reader of the body keeps its own watch on how long nothing comes. */
  watchIdle?: boolean;
  /** Asks also a registry that is known to be down. */
  insist?: boolean;
}

/** More than that, as for the resumptions of a long download, is not told one by one. */
const MOST_ATTEMPTS = 20;

/** Asks the registry of `x` and records status and time. Throws `UpstreamError`. */
export async function ask(x: Exchange, question: Question): Promise<Response> {
  const { repository } = x.target;
  const actions = question.actions ?? "pull";
  const { response: raw, ms } = await x.upstream.request({
    method: question.method ?? x.request.method,
    path: question.path.startsWith("/") ? question.path : `/v2/${repository}/${question.path}`,
    headers: question.headers ?? requestHeaders(x.request.headers),
    scopes: question.scopes ?? (repository ? [`repository:${repository}:${actions}`] : []),
    ...(question.query ? { query: question.query } : {}),
    ...(question.body ? { body: question.body } : {}),
    ...(x.authorization ? { authorization: x.authorization } : {}),
    ...(question.signal ? { signal: question.signal } : {}),
    ...(question.retries === undefined ? {} : { retries: question.retries }),
    ...(question.watchIdle === undefined ? {} : { watchIdle: question.watchIdle }),
    ...(question.insist ? { insist: true } : {}),
    onAttempt: (attempt) => {
      if (x.asked.attempts.length < MOST_ATTEMPTS) x.asked.attempts.push(attempt);
    },
  });
  const response = await x.upstream.decoded(raw);
  const coding = codingsOf(response.headers).join(", ");
  // A part of a coded body cannot be decoded; that is for the caller, who asked for a range.
  if (coding && response.ok && response.status !== 206) {
    await discard(response);
    throw new OciError("UNAVAILABLE", {
      status: 502,
      message: `${calledAs(x.target)} answered in a Content-Encoding that is unknown here: ${
        coding.slice(0, 50)
      }`,
    });
  }
  if (isReading(question)) updateProof(x.proof, question, response);
  x.asked.upstreamStatus = response.status;
  x.asked.upstreamMs ||= Math.round(ms);
  return x.paced ? x.paced(response) : response;
}

/** Whether `question` is about content that everyone who may pull may have. */
function isReading({ path, actions, scopes }: Question): boolean {
  return /^(manifests|blobs)\/(?!uploads\/)/.test(path) && !actions && !scopes;
}

/** A registry that says 404 may mean that there is nothing for this client. */
function updateProof(proof: Proof, { path }: Question, response: Response): void {
  const { status } = response;
  if (isContentOf(path, response)) proof.confirm();
  else if (status === 401 || status === 403 || status === 404) proof.forget();
}

/**
 * What to tell the client of an answer that is no success: upstream's own code and message where it
 * speaks the spec's JSON, the status in words where it does not (HTML, plain text, nothing).
 */
export async function refusal(x: Exchange, response: Response): Promise<OciError> {
  const { status } = response;
  const { code, message, detail } = await readError(response);
  const name = calledAs(x.target);
  const said = message ? `: ${message}` : "";
  const refused = { message: said, detail };
  if (status === 401 && x.target.registry.auth.mode === "client") {
    return signInFirst(x, response, refused);
  }
  if (status === 401 || status === 403) return denied(x, response, refused);
  if (status === 404) {
    return new OciError(code ?? notFoundCode(x.path), {
      message: `${name} does not have ${fullName(x)}${said}`,
      detail,
      status: 404,
    });
  }
  const headers = passedHeaders(response);
  if (status === 429) {
    return new OciError("TOOMANYREQUESTS", {
      message: `${name} limits how often it may be asked${said}`,
      detail,
      headers: { "retry-after": "60", ...headers },
    });
  }
  if (status >= 400 && status < 500) {
    return new OciError(code ?? codeForStatus(status), {
      message: message || `${name} answered ${status}`,
      detail,
      status,
      headers,
    });
  }
  return new OciError("UNAVAILABLE", {
    message: status >= 500
      ? `${name} answered ${status}${said}`
      : `${name} gave an unexpected answer (status ${status})`,
    status: status === 503 || status === 504 ? status : 502,
    headers: status === 503 ? { "retry-after": "10", ...headers } : headers,
  });
}

/** What upstream said of its refusal, ready to follow our own words. */
type Said = { message: string; detail: unknown };

/** A 401 for a client that signs in at the registry itself. */
function signInFirst(x: Exchange, { headers }: Response, { message, detail }: Said): OciError {
  const challenge = headers.get("www-authenticate");
  return new OciError("UNAUTHORIZED", {
    message: `${calledAs(x.target)} requires authentication${message}`,
    detail,
    headers: { "www-authenticate": clientChallenge(x.target, x.realm, challenge) },
  });
}

/**
 * Where we sign in ourselves there is nothing that the client could do about a 401. With Basic it is
 * the sign-in that was refused; a token's 401 is about what it was good for.
 */
function denied(x: Exchange, { status, headers }: Response, { message, detail }: Said): OciError {
  const basic = /^basic\b/i.test(headers.get("www-authenticate") ?? "");
  if (status === 401 && basic) x.asked.upstreamError = "auth";
  return new OciError("DENIED", {
    message: `${calledAs(x.target)} refused ${x.target.repository || "the request"}${message}`,
    detail,
  });
}

/** Headers of a refusal that tell the client when to come back. */
function passedHeaders(response: Response): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const header of ["retry-after", "docker-ratelimit-source"]) {
    const value = response.headers.get(header);
    if (value) headers[header] = value;
  }
  return headers;
}

function notFoundCode(path: OciPath) {
  if (path.kind === "blob") return "BLOB_UNKNOWN";
  if (path.kind === "upload") return "BLOB_UPLOAD_UNKNOWN";
  return path.kind === "manifest" ? "MANIFEST_UNKNOWN" : "NAME_UNKNOWN";
}

const MAX_ERROR_BODY = 64 * 2 ** 10;

/** The first error of a spec-shaped body; an empty message for anything else. */
async function readError(response: Response) {
  try {
    const text = new TextDecoder().decode(await readLimited(response, MAX_ERROR_BODY));
    const first = JSON.parse(text)?.errors?.[0];
    const message = typeof first?.message === "string" ? first.message.slice(0, 500) : "";
    return { code: parseCode(first?.code), message, detail: first?.detail as unknown };
  } catch {
    return { code: undefined, message: "", detail: undefined };
  }
}
