/** Requests to one bucket: signed, each sent once, since trying again is the caller's. */
import { AwsV4Signer } from "aws4fetch";
import type { Clock } from "../../base/clock.ts";
import type { S3Options, S3Send } from "../depot_options.ts";
import { DepotError } from "../errors.ts";
import { failureOf } from "./s3_answers.ts";

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** One call: `what` it is, for errors, and what goes into the request. */
interface Call {
  what: string;
  method: string;
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  /** SHA-256 of the body in hexadecimal; that of no body where left out. */
  sha256?: string;
  signal: AbortSignal;
}

/** Every call throws {@linkcode DepotError} for what is no success, and the reason of its signal. */
export class S3Requests {
  readonly #options: S3Options;
  readonly #clock: Clock;
  /** Signing keys by day, as aws4fetch keeps them. */
  readonly #signing = new Map<string, ArrayBuffer>();

  constructor(options: S3Options, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** The answer to what somebody waits for, its body as it comes. */
  ask(call: Call): Promise<Response> {
    return this.#call(this.#options.ask, call, (response) => Promise.resolve(response));
  }

  /** The text of the answer, which is short. */
  text(call: Call): Promise<string> {
    return this.#call(this.#options.work, call, (response) => response.text());
  }

  /** The answer without its body. */
  done(call: Call): Promise<Response> {
    return this.#call(this.#options.work, call, async (response) => {
      await response.body?.cancel();
      return response;
    });
  }

  /** A URL to read `key` by, for `life` milliseconds from `begun` (Unix milliseconds). */
  async link(key: string, begun: number, life: number): Promise<string> {
    const { linkEndpoint, endpoint } = this.#options;
    const url = this.#url(key, linkEndpoint ?? endpoint);
    url.searchParams.set("X-Amz-Expires", String(life / 1000));
    const signer = await this.#signer({ method: "GET", url, signQuery: true }, begun);
    return (await signer.sign()).url.href;
  }

  async #call<T>(send: S3Send, call: Call, use: (response: Response) => Promise<T>): Promise<T> {
    try {
      const response = await send(await this.#signed(call));
      if (response.ok) return await use(response);
      const body = (await response.text()).slice(0, 64 * 1024);
      throw failureOf(call.what, response, body, this.#clock.now());
    } catch (error) {
      if (error instanceof DepotError) throw error;
      call.signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      throw new DepotError("away", "endpoint", reason, { cause: error });
    }
  }

  async #signed({ method, key, query = {}, headers, body, sha256, signal }: Call) {
    const url = this.#url(key);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const what = {
      method,
      url,
      headers: { ...headers, "x-amz-content-sha256": sha256 ?? EMPTY_SHA256 },
    };
    const signed = await (await this.#signer(what, this.#clock.now())).sign();
    signed.headers.set("accept-encoding", "identity");
    return { method, url: signed.url, headers: signed.headers, signal, ...(body && { body }) };
  }

  async #signer(
    { url, ...what }: {
      method: string;
      url: URL;
      headers?: Record<string, string>;
      signQuery?: boolean;
    },
    time: number,
  ): Promise<AwsV4Signer> {
    const { region, keys: known } = this.#options;
    const keys = typeof known === "function" ? await known() : known;
    return new AwsV4Signer({
      ...what,
      service: "s3",
      url: url.href,
      region,
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      ...(keys.sessionToken && { sessionToken: keys.sessionToken }),
      cache: this.#signing,
      datetime: new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    });
  }

  #url(key: string, endpoint = this.#options.endpoint): URL {
    const { bucket, prefix, pathStyle } = this.#options;
    const url = new URL(endpoint);
    const parts = (key === "" ? "" : prefix + key).split("/").map(encodeURIComponent);
    if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = [...(pathStyle ? [bucket] : []), ...parts].join("/");
    return url;
  }
}
