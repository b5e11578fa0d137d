/** What other Berths of the cluster have, asked for at their peer ports. */
import { SourceBroken } from "../../cache/errors.ts";
import type { Holder } from "../../cache/peers/coordinator.ts";
import type { PeerWay } from "../../cache/peers/course.ts";
import type { SourceAnswer } from "../../cache/types.ts";
import { discard } from "../http/body.ts";
import { parseContentRange } from "../http/range.ts";
import { bareMediaType } from "../oci/manifest.ts";
import type { Outgoing } from "../upstream/transport.ts";
import { UNREACHED } from "./health.ts";
import { HELLO, INDEX, TOLD } from "./port.ts";
import { sign, SIGNATURE } from "./signature.ts";

interface PeerClientOptions {
  /** Sends one request, directly: no proxy is ever between peers. */
  send(request: Outgoing): Promise<Response>;
  key: Uint8Array;
  now(): number;
  /** Told of each piece of content that came from a peer. */
  received(bytes: number): void;
}

/** Milliseconds that asking what is on a peer's disk may take: somebody waits, and upstream has it. */
const MOMENT = 500;
/** Bytes that a peer may tell of itself at once. */
const MOST_TOLD = 4 * 2 ** 20;

export class PeerClient implements PeerWay {
  readonly #options: PeerClientOptions;

  constructor(options: PeerClientOptions) {
    this.#options = options;
  }

  async open(
    peer: Holder,
    digest: string,
    from: number,
    signal: AbortSignal,
  ): Promise<SourceAnswer | undefined> {
    const response = await this.#ask(peer, "GET", `/peer/v1/blobs/${digest}`, signal, from);
    const { status, headers, body } = response;
    const part = parseContentRange(headers.get("content-range"));
    const offset = status === 206 ? part?.start : 0;
    if ((status !== 200 && status !== 206) || offset !== from || !body) {
      await discard(response);
      if (status === 404) return undefined;
      throw new SourceBroken(`the peer at ${peer.address} answered ${status}`, from);
    }
    const length = headers.get("content-length");
    const total = part?.total ?? (length === null ? undefined : from + Number(length));
    const mediaType = bareMediaType(headers.get("content-type"));
    return { offset, total, mediaType, body, taken: this.#options.received };
  }

  async has(peer: Holder, digest: string, signal: AbortSignal): Promise<boolean> {
    const { status } = await this.#moment(peer, `/peer/v1/blobs/${digest}`, signal);
    return status === 200;
  }

  /** What is wrong between this Berth and `peer`, in words; empty where nothing is. */
  async greet(peer: Holder, signal: AbortSignal): Promise<string> {
    const { status, message } = await this.#moment(peer, HELLO, signal);
    if (status === 204) return "";
    return status === 0 ? UNREACHED : message || `answered ${status}`;
  }

  /**
   * What `peer` tells of itself under `name`, which may have a query. Throws where it does not answer
   * until `signal`, or answers with something else than a little JSON.
   */
  async told(peer: Holder, name: string, signal: AbortSignal): Promise<unknown> {
    const response = await this.#ask(peer, "GET", TOLD + name, signal);
    if (response.status !== 200 || !response.body) {
      await discard(response);
      throw new Error(`the peer at ${peer.address} answered ${response.status}`);
    }
    const pieces: BlobPart[] = [];
    let length = 0;
    for await (const piece of response.body) {
      if ((length += piece.length) > MOST_TOLD) throw new Error("a peer tells too much");
      pieces.push(piece);
    }
    return JSON.parse(await new Blob(pieces).text());
  }

  /** All rows that `peer` has in common with others; `undefined` where it does not answer with them. */
  async index(peer: Holder, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined> {
    try {
      const response = await this.#ask(peer, "GET", INDEX, signal);
      if (response.status === 200 && response.body) return response.body;
      await discard(response);
    } catch {
      signal.throwIfAborted();
    }
    return undefined;
  }

  /** A short answer, within a moment; status 0 where there was none. */
  async #moment(peer: Holder, path: string, signal: AbortSignal) {
    const method = path === HELLO ? "GET" : "HEAD";
    const late = AbortSignal.any([signal, AbortSignal.timeout(MOMENT)]);
    try {
      const response = await this.#ask(peer, method, path, late);
      return { status: response.status, message: (await response.text()).trim().slice(0, 200) };
    } catch {
      return { status: 0, message: "" };
    }
  }

  #ask(
    { address }: Holder,
    method: string,
    path: string,
    signal: AbortSignal,
    from = 0,
  ): Promise<Response> {
    const { send, key, now } = this.#options;
    const headers = new Headers({ [SIGNATURE]: sign(path, now(), key) });
    if (from > 0) headers.set("range", `bytes=${from}-`);
    return send({ method, url: new URL(`http://${address}${path}`), headers, signal });
  }
}
