/** What goes wrong between Berth and a registry, in words that may be shown to anyone. */

/** Each kind with the status that a client gets and the cause in plain words. */
const KINDS = {
  dns: [502, "its name could not be resolved (DNS)"],
  refused: [502, "the connection was refused"],
  unreachable: [502, "there is no route to it"],
  tls: [502, "the TLS handshake failed"],
  timeout: [504, "it did not answer in time"],
  reset: [502, "the connection was closed before the answer was complete"],
  protocol: [502, "its answer is not valid HTTP"],
  redirect: [502, "its redirect cannot be followed"],
  storage: [502, "its storage did not give a usable answer"],
  "forbidden-target": [502, "it named an address that is not allowed"],
  proxy: [502, "the outgoing proxy did not let the connection through"],
  auth: [502, "it refused the configured sign-in"],
  "token-server": [502, "its token server did not give a usable answer"],
  "rate-limited": [429, "its token server asks for fewer requests"],
  unavailable: [503, "its token server is not available"],
  offline: [503, "it is set to offline in the configuration"],
} as const satisfies Record<string, readonly [429 | 502 | 503 | 504, string]>;

export type UpstreamErrorKind = keyof typeof KINDS;

interface UpstreamErrorOptions {
  /** Replaces the kind's own words; must hold no secret, address or query. */
  reason?: string;
  /** Seconds after which another attempt makes sense. */
  retryAfter?: number | undefined;
  /** The registry was not asked, since it is known to be down: another attempt is of no use. */
  unasked?: boolean;
  /** For the log at debug level only; never shown. */
  cause?: unknown;
}

/**
 * A registry could not be asked, or what it answered is of no use. The message names the registry
 * and the cause (`docker: the connection was refused`), nothing that is internal or secret.
 */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly kind: UpstreamErrorKind;
  /** Name of the registry in the configuration. */
  readonly registry: string;
  /** The message without that name. */
  readonly reason: string;
  /** What a client is answered. */
  readonly status: 429 | 502 | 503 | 504;
  readonly retryAfter: number | undefined;
  readonly unasked: boolean;

  constructor(kind: UpstreamErrorKind, registry: string, options: UpstreamErrorOptions = {}) {
    const [status, words] = KINDS[kind];
    const reason = options.reason ?? words;
    super(`${registry}: ${reason}`, { cause: options.cause });
    this.reason = reason;
    this.kind = kind;
    this.registry = registry;
    this.status = status;
    this.retryAfter = options.retryAfter;
    this.unasked = options.unasked ?? false;
  }
}

/**
 * The kind of a failure by the words of the library that reported it: Deno's `fetch` (hyper, rustls), undici
 * and Node's sockets. They have no codes in common, so a test holds each against real sockets.
 */
const WORDS: readonly [RegExp, UpstreamErrorKind][] = [
  [/dns error|failed to lookup|ENOTFOUND|EAI_AGAIN|no addresses/i, "dns"],
  [/certificate|corrupt message|handshake|tls|ssl|alert/i, "tls"],
  [/tunnel|proxy/i, "proxy"],
  [/UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT|timed out/i, "timeout"],
  [/connection refused|ECONNREFUSED/i, "refused"],
  [/no route to host|unreachable|EHOSTUNREACH|ENETUNREACH/i, "unreachable"],
  [/invalid HTTP|head is too large|HPE_|HEADERS_OVERFLOW|parse error|invalid header/i, "protocol"],
];

/** The kind of `error` as a transport threw it; what nobody knows is a broken connection. */
export function kindOfFailure(error: unknown): UpstreamErrorKind {
  const text = chain(error).map(({ code, message }) => `${code ?? ""} ${withoutUrls(message)}`)
    .join(" ");
  return WORDS.find(([words]) => words.test(text))?.[1] ?? "reset";
}

/** hyper repeats the URL in its messages; a repository named `tls-proxy` must not mislead. */
function withoutUrls(message: string): string {
  return message.replace(/\(?https?:\/\/\S+/g, "");
}

function chain(error: unknown): { code?: unknown; message: string }[] {
  const found: { code?: unknown; message: string }[] = [];
  for (let next = error; next instanceof Error && found.length < 8; next = next.cause) {
    found.push(next);
    if (next instanceof AggregateError) found.push(...next.errors.slice(0, 4));
  }
  return found;
}
