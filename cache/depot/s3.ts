/**
 * A depot in a bucket, by the REST API of S3:
 * <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>.
 * Each call is one request; trying again is the caller's.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { Clock } from "../../base/clock.ts";
import type { BlobFile } from "../blobs/store.ts";
import type { DepotPlace, S3Options, S3Send } from "../depot_options.ts";
import { requireDigest } from "../digest.ts";
import { DepotError } from "../errors.ts";
import type { SourceAnswer } from "../types.ts";
import {
  BLOBS,
  claimed,
  type Depot,
  LINK_KEPT,
  LINK_LIFE,
  type ListedObject,
  MARKER,
  type Marker,
  markerText,
  newMarker,
  type NewObject,
  notOurs,
  type ObjectStat,
  parseMarker,
  placeOf,
  ROWS,
} from "./depot.ts";
import { elementOf, escaped, failureOf, type ListPage, listPage } from "./s3_answers.ts";
import { type UploadPart, uploadParts } from "./s3_parts.ts";

/** As much goes in one PUT: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html. */
const SINGLE = 5 * 2 ** 30;
const PART = 64 * 2 ** 20;
const PIECE = 512 * 1024;
/** Objects that one DeleteObjects takes. */
const REMOVED_AT_ONCE = 1000;

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

export class S3Depot implements Depot {
  readonly #options: S3Options & Pick<DepotPlace, "clusters">;
  readonly #clock: Clock;
  /** Signing keys by day, as aws4fetch keeps them. */
  readonly #signing = new Map<string, ArrayBuffer>();

  constructor(options: S3Options & Pick<DepotPlace, "clusters">, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async open(signal: AbortSignal): Promise<string> {
    const { bucket, prefix, clusters = [] } = this.#options;
    const found = await this.#marker(signal);
    if (found !== undefined) {
      const ours = claimed(found, clusters);
      if (ours) await this.#mark(ours, signal);
      return found.id;
    }
    if ((await this.#page({ prefix, "max-keys": "1" }, signal)).keys > 0) {
      throw notOurs(`s3://${bucket}/${prefix}`, `s3://${bucket}/${prefix}berth`);
    }
    await this.#mark(newMarker(clusters), signal);
    // Of two that begin at the same time, the one who writes last decides.
    const made = await this.#marker(signal);
    if (made === undefined) throw new DepotError("away", "endpoint", `${MARKER} was not stored`);
    return made.id;
  }

  async #mark(marker: Marker, signal: AbortSignal): Promise<void> {
    const body = new TextEncoder().encode(markerText(marker));
    const what = "store objects";
    await this.#done({ ...this.#putting(MARKER, body, "application/json"), what, signal });
  }

  source(digest: string) {
    return async (from: number, signal: AbortSignal): Promise<SourceAnswer> => {
      const response = await this.#ask({
        what: "read objects",
        method: "GET",
        key: placeOf(digest),
        headers: from > 0 ? { range: `bytes=${from}-` } : {},
        signal,
      });
      const { headers, body } = response;
      const partial = response.status === 206;
      const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
      const total = partial ? range?.[2] : headers.get("content-length");
      if (total === null || total === undefined) {
        await body?.cancel();
        throw new DepotError("refused", "endpoint", "it did not say how long an object is");
      }
      return {
        offset: partial ? Number(range![1]) : 0,
        total: Number(total),
        mediaType: headers.get("content-type") ?? "",
        body: body ?? new Response(new Uint8Array()).body!,
      };
    };
  }

  async put(
    object: NewObject,
    open: () => Promise<BlobFile>,
    signal: AbortSignal,
  ): Promise<void> {
    const { single = SINGLE, part = PART } = this.#options;
    const file = await open();
    try {
      if (object.size <= single) await this.#putWhole(object, file, signal);
      else await uploadParts(object, file, part, this.#partCalls(object, signal));
    } finally {
      closeQuietly(file);
    }
  }

  async stat(digest: string, signal: AbortSignal): Promise<ObjectStat | undefined> {
    const call = { what: "read objects", method: "HEAD", key: placeOf(digest), signal };
    let headers: Headers;
    try {
      headers = (await this.#ask(call)).headers;
    } catch (error) {
      if (error instanceof DepotError && error.kind === "gone") return undefined;
      throw error;
    }
    return {
      size: Number(headers.get("content-length")),
      mediaType: headers.get("content-type") ?? "",
      created: Date.parse(headers.get("last-modified") ?? "") || 0,
    };
  }

  async remove(digests: readonly string[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < digests.length; at += REMOVED_AT_ONCE) {
      const keys = digests.slice(at, at + REMOVED_AT_ONCE)
        .map((digest) => this.#options.prefix + placeOf(digest));
      const objects = keys.map((key) => `<Object><Key>${escaped(key)}</Key></Object>`).join("");
      const body = new TextEncoder().encode(`<Delete><Quiet>true</Quiet>${objects}</Delete>`);
      const answer = await this.#done({
        what: "remove objects",
        method: "POST",
        key: "",
        query: { delete: "" },
        // RFC 1864, which S3 demands here.
        headers: { "content-md5": createHash("md5").update(body).digest("base64") },
        body,
        sha256: sha256Of(body),
        signal,
      });
      const [, first] = /<Error>([^]*?)<\/Error>/.exec(answer) ?? [];
      if (first) throw failureOf("remove objects", new Response(null, { status: 403 }), first);
    }
  }

  async *list(signal: AbortSignal, after?: string): AsyncIterable<ListedObject> {
    const prefix = this.#options.prefix + BLOBS;
    const start = after && this.#options.prefix + placeOf(after);
    let query: Record<string, string> = { prefix, ...(start && { "start-after": start }) };
    for (;;) {
      const { objects, next } = await this.#page(query, signal);
      yield* objects;
      if (next === undefined) return;
      query = { prefix, "continuation-token": next };
    }
  }

  /** Begun at a round time, so that every Berth with the same keys makes the same one. */
  async link(digest: string): Promise<string> {
    const { linkEndpoint, endpoint } = this.#options;
    const url = this.#url(placeOf(digest), linkEndpoint ?? endpoint);
    url.searchParams.set("X-Amz-Expires", String(LINK_LIFE / 1000));
    const now = this.#clock.now();
    const begun = now - now % LINK_KEPT;
    const signer = await this.#signer({ method: "GET", url, signQuery: true }, begun);
    return (await signer.sign()).url.href;
  }

  async writeRows(rows: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    const what = "store objects";
    await this.#done({ ...this.#putting(ROWS, rows, "application/gzip"), what, signal });
  }

  async readRows(signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined> {
    try {
      const call = { what: "read objects", method: "GET", key: ROWS, signal };
      return (await this.#ask(call)).body ?? undefined;
    } catch (error) {
      if (error instanceof DepotError && error.kind === "gone") return undefined;
      throw error;
    }
  }

  /** The id in the marker; `undefined` where there is none. */
  async #marker(signal: AbortSignal): Promise<Marker | undefined> {
    try {
      const call = { what: "read objects", method: "GET", key: MARKER, signal };
      return parseMarker(await this.#done(call));
    } catch (error) {
      if (error instanceof DepotError && error.kind === "gone") return undefined;
      throw error;
    }
  }

  async #page(query: Record<string, string>, signal: AbortSignal): Promise<ListPage> {
    return listPage(
      await this.#done({
        what: "list the bucket",
        method: "GET",
        key: "",
        query: { "list-type": "2", ...query },
        signal,
      }),
    );
  }

  async #putWhole(object: NewObject, file: BlobFile, signal: AbortSignal): Promise<void> {
    const { algorithm, hex } = requireDigest(object.digest);
    const empty = object.size === 0;
    const call = this.#putting(placeOf(object.digest), new Uint8Array(), object.mediaType);
    const sha256 = algorithm === "sha256"
      ? { "x-amz-checksum-sha256": Buffer.from(hex, "hex").toString("base64") }
      : undefined;
    await this.#done({
      ...call,
      what: "store objects",
      headers: { ...call.headers, "content-length": String(object.size), ...sha256 },
      ...(empty ? {} : { body: streamOf(file), sha256: sha256 ? hex : "UNSIGNED-PAYLOAD" }),
      signal,
    });
  }

  #putting(key: string, body: Uint8Array<ArrayBuffer>, mediaType: string) {
    const headers = {
      "content-type": mediaType || "application/octet-stream",
      "content-length": String(body.length),
    };
    return { method: "PUT", key, headers, body, sha256: sha256Of(body) };
  }

  /** The requests of an upload in parts. */
  #partCalls({ digest, mediaType }: NewObject, signal: AbortSignal) {
    const what = "store objects";
    const key = placeOf(digest);
    const checksum = { "x-amz-checksum-algorithm": "SHA256" };
    return {
      signal,
      begin: async () => {
        const headers = { "content-type": mediaType || "application/octet-stream", ...checksum };
        const query = { uploads: "" };
        const call = { what, method: "POST", key, query, headers, body: new Uint8Array(), signal };
        const id = elementOf(await this.#done(call), "UploadId");
        if (!id) throw new DepotError("refused", "endpoint", "it began no upload in parts");
        return id;
      },
      part: async (uploadId: string, number: number, body: Uint8Array<ArrayBuffer>) => {
        const sha256 = sha256Of(body);
        const base64 = Buffer.from(sha256, "hex").toString("base64");
        const { headers } = await this.#call(this.#options.work, {
          ...{ what, method: "PUT", key, body, sha256, signal },
          query: { partNumber: String(number), uploadId },
          headers: { "content-length": String(body.length), "x-amz-checksum-sha256": base64 },
        }, drained);
        return { number, etag: headers.get("etag") ?? "", sha256: base64 };
      },
      complete: async (uploadId: string, parts: UploadPart[]) => {
        const list = parts.map(({ number, etag, sha256 }) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag>` +
          `<ChecksumSHA256>${sha256}</ChecksumSHA256></Part>`
        ).join("");
        const body = new TextEncoder().encode(
          `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`,
        );
        const call = { what, method: "POST", key, query: { uploadId }, body, signal };
        const answer = await this.#done({ ...call, sha256: sha256Of(body) });
        // The status comes before the parts are put together; what failed then is in the body.
        if (/<Error>/.test(answer)) {
          throw failureOf(what, new Response(null, { status: 500 }), answer);
        }
      },
      abort: async (uploadId: string) => {
        const query = { uploadId };
        await this.#done({ what, method: "DELETE", key, query, signal: AbortSignal.timeout(5e3) });
      },
    };
  }

  #ask(call: Call): Promise<Response> {
    return this.#call(this.#options.ask, call, (response) => Promise.resolve(response));
  }

  /** The text of the answer, which is short. */
  #done(call: Call): Promise<string> {
    return this.#call(this.#options.work, call, (response) => response.text());
  }

  /** Throws {@linkcode DepotError} for what is no success, and the reason of the call's signal. */
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

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** All of `file`, in pieces so large that what each costs on its way does not count. */
function streamOf(file: BlobFile): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = new Uint8Array(Math.min(PIECE, file.size - at));
      const count = await file.read(piece, at);
      at += count;
      if (count > 0) controller.enqueue(piece.subarray(0, count));
      if (count === 0 || at >= file.size) controller.close();
    },
  }, { highWaterMark: 0 });
}

async function drained(response: Response): Promise<Response> {
  await response.body?.cancel();
  return response;
}

/** One that was read to its end is closed already. */
function closeQuietly(file: BlobFile): void {
  try {
    file.close();
  } catch {
    // Closed.
  }
}
