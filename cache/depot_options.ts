/** A depot as others know it: where it is, what it may hold, how requests get there, how it is doing. */

/** What may change while the cache is open. Sizes are bytes, times milliseconds. */
export interface DepotLimits {
  /** Bytes that the objects may take. */
  maxSize: number;
  /** Time since last use after which an object goes; 0: never. */
  maxAge: number;
}

/** A bucket, or a directory that exists. */
export type DepotPlace = (S3Options | { dir: string }) & {
  /** What stands for the lines of the cluster's secret, the first one in use; none without one. */
  clusters?: readonly string[];
};

export interface S3Options {
  /** For what somebody waits for: asking for objects. */
  ask: S3Send;
  /** For what takes its time: storing, listing and removing. */
  work: S3Send;
  /** Where the buckets are: scheme, host and port. */
  endpoint: URL;
  /** The same as clients know it; as here unless told otherwise. */
  linkEndpoint?: URL | undefined;
  bucket: string;
  /** What the keys of all objects begin with: empty, or with a slash at its end. */
  prefix: string;
  region: string;
  /** `https://host/bucket/key`, else `https://bucket.host/key`. */
  pathStyle: boolean;
  /** The same ones always, or those that are good now. Throws `DepotError`. */
  keys: S3Keys | (() => Promise<S3Keys>);
  /** Bytes of the largest object that goes in one request, and of each part of larger ones. */
  single?: number;
  part?: number;
}

export interface S3Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface S3Request {
  method: string;
  url: URL;
  headers: Headers;
  /** A stream is to be sent with the Content-Length in `headers`: S3 refuses chunked ones. */
  body?: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  signal?: AbortSignal;
}

/** Sends one request and resolves with the headers of its answer, the body as it came. */
export type S3Send = (request: S3Request) => Promise<Response>;

/** What the depot holds, as far as known, and how it is doing. */
export interface DepotUsage {
  /** Why it is not in use, beginning with the setting; empty while it is. */
  problem: string;
  objects: number;
  bytes: number;
  maxSize: number;
  /** Blobs that wait to be put there. */
  queued: number;
  /** Since the start: fills that came from there, objects put there, failures. */
  gets: number;
  puts: number;
  errors: number;
  /** `at` in Unix milliseconds. */
  lastError: { at: number; message: string } | undefined;
}

/** Rows that outlive every disk, beside the objects of a depot. What fails is told of as trouble. */
export interface KeptRows {
  /** Those kept last; `undefined` where there are none, `"away"` where the depot does not answer. */
  read(signal: AbortSignal): Promise<ReadableStream<Uint8Array> | "away" | undefined>;
  /** Keeps `rows` in their place; false where that could not be done. */
  write(rows: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<boolean>;
}
