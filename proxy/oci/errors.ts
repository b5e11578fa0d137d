/** Errors as clients read them: distribution-spec, "Error Codes". */

const CODES = {
  BLOB_UNKNOWN: [404, "blob unknown to registry"],
  BLOB_UPLOAD_INVALID: [400, "blob upload invalid"],
  BLOB_UPLOAD_UNKNOWN: [404, "blob upload unknown to registry"],
  DENIED: [403, "requested access to the resource is denied"],
  DIGEST_INVALID: [400, "provided digest is not of the form sha256:… or sha512:…"],
  MANIFEST_BLOB_UNKNOWN: [404, "manifest references a blob unknown to registry"],
  MANIFEST_INVALID: [400, "manifest invalid"],
  MANIFEST_UNKNOWN: [404, "manifest unknown to registry"],
  NAME_INVALID: [400, "invalid repository name"],
  NAME_UNKNOWN: [404, "repository name not known to registry"],
  PAGINATION_NUMBER_INVALID: [400, "invalid number of results requested"],
  RANGE_INVALID: [416, "requested range cannot be satisfied"],
  SIZE_INVALID: [400, "provided length did not match content length"],
  TAG_INVALID: [400, "invalid tag"],
  TOOMANYREQUESTS: [429, "too many requests"],
  UNAUTHORIZED: [401, "authentication required"],
  UNAVAILABLE: [503, "upstream registry is not available"],
  UNKNOWN: [500, "unknown error"],
  UNSUPPORTED: [405, "the operation is not supported"],
} as const satisfies Record<string, readonly [status: number, message: string]>;

/** A code of the distribution spec (and `UNAVAILABLE`, Docker's code for a failing backend). */
export type OciCode = keyof typeof CODES;

interface OciErrorInit {
  /** What happened, for the person who reads the client's output. */
  message?: string;
  /** Machine-readable particulars: `{ tag }`, `{ known: [...] }`. */
  detail?: unknown;
  /** When it differs from the code's own. */
  status?: number;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** The one error class that handlers throw; `toResponse` is the one place that renders it. */
export class OciError extends Error {
  override readonly name = "OciError";
  readonly code: OciCode;
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Record<string, string>;

  constructor(code: OciCode, init: OciErrorInit = {}) {
    super(init.message ?? CODES[code][1], { cause: init.cause });
    this.code = code;
    this.status = init.status ?? CODES[code][0];
    this.detail = init.detail;
    this.headers = init.headers ?? {};
  }

  /** `{"errors":[{code, message, detail}]}`; without a body where `head` is set (RFC 9110, 9.3.2). */
  toResponse(head = false): Response {
    const error = { code: this.code, message: this.message, detail: this.detail ?? null };
    const text = JSON.stringify({ errors: [error] });
    const headers = new Headers({ "content-type": "application/json", ...this.headers });
    headers.set("content-length", String(new TextEncoder().encode(text).length));
    return new Response(head ? null : text, { status: this.status, headers });
  }
}

/** The spec's code for `status` where upstream gave none that we know. */
export function codeForStatus(status: number): OciCode {
  if (status === 401) return "UNAUTHORIZED";
  if (status === 403) return "DENIED";
  if (status === 405) return "UNSUPPORTED";
  if (status === 416) return "RANGE_INVALID";
  if (status === 429) return "TOOMANYREQUESTS";
  return status >= 502 ? "UNAVAILABLE" : "UNKNOWN";
}

/** `text` as a code of the table; `undefined` for a registry's private codes. */
export function parseCode(text: unknown): OciCode | undefined {
  return typeof text === "string" && Object.hasOwn(CODES, text) ? text as OciCode : undefined;
}
