/** The port that the authority asks (HTTP-01, RFC 8555, section 8.3), and people who forget the s. */
import type { AcmePeers } from "./shared.ts";

const PREFIX = "/.well-known/acme-challenge/";
/** Milliseconds for which other Berths know an answer: authorities ask within seconds. */
const SHARED_FOR = 15 * 60_000;
/** RFC 8555, section 8.3: base64url. */
const TOKEN = /^[\w-]{1,200}$/;

/** What is answered now, by token. */
export class Challenges {
  readonly #answers = new Map<string, string>();
  readonly #shared: AcmePeers["memory"] | undefined;

  /** @param shared where other Berths find answers, any of which may be asked */
  constructor(shared?: AcmePeers["memory"]) {
    this.#shared = shared;
  }

  /**
   * Answers `token` with `keyAuthorization` until it is taken back. Throws where the others do not
   * hear of it.
   */
  async set(token: string, keyAuthorization: string): Promise<void> {
    this.#answers.set(token, keyAuthorization);
    if (!this.#shared || await this.#shared.put(key(token), keyAuthorization, SHARED_FOR)) return;
    throw new Error("the coordinator (cluster.url) does not answer; any Berth may be asked");
  }

  async delete(token: string): Promise<void> {
    this.#answers.delete(token);
    await this.#shared?.forget(key(token));
  }

  /**
   * The answer to a challenge; everything else is sent to the same place by https, at `port`, where
   * it asks for one of `domains`, and is not found otherwise.
   */
  async answer(
    request: Request,
    { domains, port }: { domains: readonly string[]; port: number },
  ): Promise<Response> {
    const { hostname, pathname, search } = new URL(request.url);
    if (pathname.startsWith(PREFIX)) {
      const token = pathname.slice(PREFIX.length);
      const found = this.#answers.get(token) ??
        (TOKEN.test(token) ? await this.#shared?.get(key(token)) : undefined);
      if (found === undefined) return new Response("there is no such challenge\n", { status: 404 });
      return new Response(found, { headers: { "content-type": "application/octet-stream" } });
    }
    if (!domains.includes(hostname)) return new Response("not found\n", { status: 404 });
    const location = `https://${hostname}${port === 443 ? "" : `:${port}`}${pathname}${search}`;
    return new Response(null, { status: 308, headers: { location } });
  }
}

function key(token: string): string {
  return `acme:${token}`;
}
