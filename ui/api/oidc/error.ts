/** Why a sign-in by OpenID Connect did not come off. */

/**
 * `away`: the provider does not answer; `refused`: it says no; `over`: there is no such sign-in (any
 * more); `invalid`: what it says cannot be believed.
 */
export type OidcTrouble = "away" | "refused" | "over" | "invalid";

export class OidcError extends Error {
  override readonly name = "OidcError";

  /** `message` is for the log, without secrets. */
  constructor(readonly trouble: OidcTrouble, message: string) {
    super(message);
  }

  /** What the library has thrown. */
  static of(error: unknown): OidcError {
    if (error instanceof OidcError) return error;
    const { name = "", code = "", error: said = "", cause, message = "" } = fieldsOf(error);
    if (name === "AuthorizationResponseError") return new OidcError("refused", word(said));
    if (name === "ResponseBodyError") {
      return new OidcError("invalid", `the provider answered ${word(said)}`);
    }
    if (cause instanceof OidcError) return cause;
    if (AWAY.includes(code) || isNetwork(error) || isNetwork(cause)) {
      return new OidcError("away", reasonOf(cause ?? error));
    }
    const { attribute, body } = fieldsOf(cause);
    if (attribute === "issuer" && typeof body?.issuer === "string") {
      return new OidcError("invalid", `the provider calls itself ${body.issuer}`);
    }
    const why = fieldsOf(cause).message;
    return new OidcError("invalid", why && why !== message ? `${message} (${why})` : message);
  }
}

const AWAY: readonly string[] = ["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM"];

interface Fields {
  name?: string;
  code?: string;
  error?: string;
  cause?: unknown;
  message?: string;
  attribute?: string;
  body?: { issuer?: unknown };
}

function fieldsOf(error: unknown): Fields {
  return typeof error === "object" && error !== null ? error : {};
}

/** `fetch` throws a TypeError where no connection comes about. */
function isNetwork(error: unknown): boolean {
  return error instanceof TypeError && fieldsOf(error).code === undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof Response) return `it answered ${error.status}`;
  const { message = "", cause } = fieldsOf(error);
  const why = fieldsOf(cause).message;
  return why ? `${message} (${why})` : message;
}

/** A code of the standards, whoever made it up. */
function word(text: string): string {
  return /^[\w-]{1,64}$/.test(text) ? text : "an error";
}
