/** The port that the authority asks (HTTP-01, RFC 8555, section 8.3), and people who forget the s. */

const PREFIX = "/.well-known/acme-challenge/";

/** What is answered now, by token. */
export class Challenges {
  readonly #answers = new Map<string, string>();

  /** Answers `token` with `keyAuthorization` until it is taken back. */
  set(token: string, keyAuthorization: string): void {
    this.#answers.set(token, keyAuthorization);
  }

  delete(token: string): void {
    this.#answers.delete(token);
  }

  /**
   * The answer to a challenge; everything else is sent to the same place by https, at `port`, where
   * it asks for one of `domains`, and is not found otherwise.
   */
  answer(request: Request, { domains, port }: { domains: readonly string[]; port: number }) {
    const { hostname, pathname, search } = new URL(request.url);
    if (pathname.startsWith(PREFIX)) {
      const found = this.#answers.get(pathname.slice(PREFIX.length));
      if (found === undefined) return new Response("there is no such challenge\n", { status: 404 });
      return new Response(found, { headers: { "content-type": "application/octet-stream" } });
    }
    if (!domains.includes(hostname)) return new Response("not found\n", { status: 404 });
    const location = `https://${hostname}${port === 443 ? "" : `:${port}`}${pathname}${search}`;
    return new Response(null, { status: 308, headers: { location } });
  }
}
