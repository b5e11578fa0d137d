/** One request to the registry API on its way through the handlers. */
import type { Access } from "./access/permissions.ts";
import { clientChallenge } from "./client_sign_in/client_challenge.ts";
import type { Origin } from "./http/origin.ts";
import { requestHeaders } from "./http/headers.ts";
import type { Reusable } from "./cached/ready_answers.ts";
import { codeForStatus, OciError, parseCode } from "./oci/errors.ts";
import type { OciPath } from "./oci/path.ts";
import type { Proof, ProofBook } from "./client_sign_in/proof.ts";
import type { RequestRecord } from "./observe/record.ts";
import { calledAs, type Target } from "./names/target.ts";
import { readLimited } from "./http/body.ts";
import type { Upstream } from "./upstream/client.ts";

/** A request, parsed and routed; handlers switch on `path.kind` and never look at the URL again. */
export interface Exchange<Path extends OciPath = OciPath> {
  request: Request;
  path: Path;
  query: URLSearchParams;
  target: Target;
  upstream: Upstream;
  origin: Origin;
  /** Where the client is to get its tokens, in `auth.mode: client`; else empty. */
  realm: string;
  /** The client's own Authorization, where the registry is `auth.mode: client`. */
  authorization: string | undefined;
  access: Access;
  /** How the client's own credentials stand to the repository, where the registry asks for them. */
  proof: Proof;
  proofs: ProofBook;
  /** Filled in by whoever learns something; written out when the answer has been sent. */
  record: RequestRecord;
  /** Set where the answer may be given again to the same request. */
  reusable?: Reusable | undefined;
}

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
}

/** Asks the registry of `x` and notes status and time. Throws `UpstreamError`. */
export async function ask(x: Exchange, question: Question): Promise<Response> {
  const { repository } = x.target;
  const actions = question.actions ?? "pull";
  const { response, ms } = await x.upstream.request({
    method: question.method ?? x.request.method,
    path: question.path.startsWith("/") ? question.path : `/v2/${repository}/${question.path}`,
    headers: question.headers ?? requestHeaders(x.request.headers),
    scopes: question.scopes ?? (repository ? [`repository:${repository}:${actions}`] : []),
    ...(question.query ? { query: question.query } : {}),
    ...(question.body ? { body: question.body } : {}),
    ...(x.authorization ? { authorization: x.authorization } : {}),
    ...(question.signal ? { signal: question.signal } : {}),
    ...(question.retries === undefined ? {} : { retries: question.retries }),
  });
  if (isReading(question)) learn(x.proof, response);
  x.record.upstreamStatus = response.status;
  x.record.upstreamMs ||= Math.round(ms);
  return response;
}

/** Whether `question` is about content that whoever may pull may have. */
function isReading({ path, actions, scopes }: Question): boolean {
  return /^(manifests|blobs)\/(?!uploads\/)/.test(path) && !actions && !scopes;
}

/** A registry that says 404 may mean that there is nothing for this client. */
function learn(proof: Proof, { ok, status }: Response): void {
  if (ok) proof.note();
  else if (status === 401 || status === 403 || status === 404) proof.drop();
}

/**
 * What to tell the client of an answer that is no success: upstream's own code and message where it
 * speaks the spec's JSON, the status in words where it does not (HTML, plain text, nothing).
 */
export async function refusal(x: Exchange, response: Response): Promise<OciError> {
  const { status } = response;
  const { code, message, detail } = await readError(response);
  const name = calledAs(x.target);
  const headers: Record<string, string> = {};
  for (const header of ["retry-after", "docker-ratelimit-source"]) {
    const value = response.headers.get(header);
    if (value) headers[header] = value;
  }
  const said = message ? `: ${message}` : "";
  if (status === 401 && x.target.registry.auth.mode === "client") {
    const challenge = response.headers.get("www-authenticate");
    return new OciError("UNAUTHORIZED", {
      message: `${name} wants you to sign in${said}`,
      detail,
      headers: { "www-authenticate": clientChallenge(x.target, x.realm, challenge) },
    });
  }
  if (status === 401 || status === 403) {
    // Where we sign in ourselves there is nothing that the client could do about a 401. With Basic it
    // is the sign-in that was refused; a token's 401 is about what it was good for.
    const basic = /^basic\b/i.test(response.headers.get("www-authenticate") ?? "");
    if (status === 401 && basic) x.record.upstreamError = "auth";
    return new OciError("DENIED", {
      message: `${name} refused ${x.target.repository || "the request"}${said}`,
      detail,
    });
  }
  if (status === 404) {
    return new OciError(code ?? notFoundCode(x.path), {
      message: `${name} does not have ${describe(x)}${said}`,
      detail,
      status: 404,
    });
  }
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
      : `${name} gave an answer that makes no sense here (status ${status})`,
    status: status === 503 || status === 504 ? status : 502,
    headers: status === 503 ? { "retry-after": "10", ...headers } : headers,
  });
}

/** The repository and reference of `x` for a message. */
export function describe(x: Exchange): string {
  const { path, target } = x;
  if (path.kind === "manifest") {
    const { kind, value } = path.reference;
    return `${target.repository}${kind === "tag" ? ":" : "@"}${value}`;
  }
  if (path.kind === "blob" || path.kind === "referrers") {
    return `${target.repository}@${path.digest}`;
  }
  return target.repository || "this";
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
