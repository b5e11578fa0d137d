/**
 * A depot in a bucket, by the REST API of S3:
 * <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { BlobFile } from "../blobs/store.ts";
import type { DepotPlace, S3Options } from "../depot_options.ts";
import { requireDigest } from "../digest.ts";
import { DepotError } from "../errors.ts";
import type { SourceAnswer } from "../types.ts";
import {
  BLOBS,
  type Depot,
  LINK_KEPT,
  LINK_LIFE,
  type ListedObject,
  type NewObject,
  type ObjectStat,
  placeOf,
  ROWS,
} from "./depot.ts";
import { MARKER, openPlace } from "./marker.ts";
import { elementOf, escaped, failureOf, type ListPage, listPage } from "./s3_answers.ts";
import { type UploadPart, uploadParts } from "./s3_parts.ts";
import { S3Requests } from "./s3_requests.ts";

/** As much goes in one PUT: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html. */
const SINGLE = 5 * 2 ** 30;
const PART = 64 * 2 ** 20;
const PIECE = 512 * 1024;
/** Objects that one DeleteObjects takes. */
const REMOVED_AT_ONCE = 1000;

export class S3Depot implements Depot {
  readonly #options: S3Options & Pick<DepotPlace, "clusters">;
  readonly #clock: Clock;
  readonly #requests: S3Requests;

  constructor(options: S3Options & Pick<DepotPlace, "clusters">, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#requests = new S3Requests(options, clock);
  }

  open(signal: AbortSignal): Promise<string> {
    const { bucket, prefix, clusters = [] } = this.#options;
    const read = { what: "read objects", method: "GET", key: MARKER, signal };
    return openPlace({
      name: `s3://${bucket}/${prefix}`,
      within: `s3://${bucket}/${prefix}berth`,
      read: () => unlessGone(this.#requests.text(read)),
      write: (text) =>
        this.#store(MARKER, new TextEncoder().encode(text), "application/json", signal),
      isEmpty: async () => (await this.#page({ prefix, "max-keys": "1" }, signal)).keys === 0,
    }, clusters);
  }

  source(digest: string) {
    return async (from: number, signal: AbortSignal): Promise<SourceAnswer> => {
      const response = await this.#requests.ask({
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
    const headers = (await unlessGone(this.#requests.ask(call)))?.headers;
    if (!headers) return undefined;
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
      const answer = await this.#requests.text({
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
    const now = this.#clock.now();
    return await this.#requests.link(placeOf(digest), now - now % LINK_KEPT, LINK_LIFE);
  }

  async writeRows(rows: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    await this.#store(ROWS, rows, "application/gzip", signal);
  }

  async readRows(signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined> {
    const call = { what: "read objects", method: "GET", key: ROWS, signal };
    return (await unlessGone(this.#requests.ask(call)))?.body ?? undefined;
  }

  async #store(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    mediaType: string,
    signal: AbortSignal,
  ): Promise<void> {
    const what = "store objects";
    await this.#requests.text({ ...putting(key, bytes, mediaType), what, signal });
  }

  async #page(query: Record<string, string>, signal: AbortSignal): Promise<ListPage> {
    return listPage(
      await this.#requests.text({
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
    const call = putting(placeOf(object.digest), new Uint8Array(), object.mediaType);
    const sha256 = algorithm === "sha256"
      ? { "x-amz-checksum-sha256": Buffer.from(hex, "hex").toString("base64") }
      : undefined;
    await this.#requests.text({
      ...call,
      what: "store objects",
      headers: { ...call.headers, "content-length": String(object.size), ...sha256 },
      ...(empty ? {} : { body: streamOf(file), sha256: sha256 ? hex : "UNSIGNED-PAYLOAD" }),
      signal,
    });
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
        const id = elementOf(await this.#requests.text(call), "UploadId");
        if (!id) throw new DepotError("refused", "endpoint", "it began no upload in parts");
        return id;
      },
      part: async (uploadId: string, number: number, body: Uint8Array<ArrayBuffer>) => {
        const sha256 = sha256Of(body);
        const base64 = Buffer.from(sha256, "hex").toString("base64");
        const { headers } = await this.#requests.done({
          ...{ what, method: "PUT", key, body, sha256, signal },
          query: { partNumber: String(number), uploadId },
          headers: { "content-length": String(body.length), "x-amz-checksum-sha256": base64 },
        });
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
        const answer = await this.#requests.text({ ...call, sha256: sha256Of(body) });
        // The status comes before the parts are put together; what failed then is in the body.
        if (/<Error>/.test(answer)) {
          throw failureOf(what, new Response(null, { status: 500 }), answer);
        }
      },
      abort: async (uploadId: string) => {
        const query = { uploadId };
        await this.#requests.text({
          what,
          method: "DELETE",
          key,
          query,
          signal: AbortSignal.timeout(5e3),
        });
      },
    };
  }
}

/** What `asking` resolves to; `undefined` where there is no such object. */
async function unlessGone<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof DepotError && error.kind === "gone") return undefined;
    throw error;
  }
}

function putting(key: string, body: Uint8Array<ArrayBuffer>, mediaType: string) {
  const headers = {
    "content-type": mediaType || "application/octet-stream",
    "content-length": String(body.length),
  };
  return { method: "PUT", key, headers, body, sha256: sha256Of(body) };
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

/** One that was read to its end is closed already. */
function closeQuietly(file: BlobFile): void {
  try {
    file.close();
  } catch {
    // Closed.
  }
}
