/** A bucket in memory that checks what real ones check, and fails as it is told to. */
import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";

export const FAKE_KEYS = {
  accessKeyId: "AKTEST",
  secretAccessKey: "the-secret-of-the-fake-bucket",
};

/** What a request gets instead of a proper answer. */
export interface S3Fault {
  /** An error with this status and code. */
  status?: number;
  code?: string;
  /** The body breaks off after so many bytes. */
  cut?: number;
  /** The body has other bytes. */
  wrong?: boolean;
  /** The body comes in pieces of 64 KiB, each once this has resolved. */
  trickle?: () => Promise<void>;
  /** Nothing is answered before this has resolved. */
  wait?: Promise<void>;
}

interface Stored {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
  created: number;
}

export interface FakeS3 extends AsyncDisposable {
  readonly url: string;
  readonly bucket: string;
  readonly objects: Map<string, Stored>;
  /** `GET key?query`, in the order of arrival. */
  readonly log: string[];
  /** Asked before each request is answered; `key` is without the bucket. */
  fault: (method: string, key: string) => S3Fault | undefined;
  /** Unix milliseconds, by which links run out. */
  now: () => number;
  /** Keys of a page of a listing. */
  pageSize: number;
  /** Uploads in parts that were begun and neither completed nor aborted. */
  readonly uploads: Map<string, Map<number, Uint8Array<ArrayBuffer>>>;
}

/** Starts one on a port of its own, with `tls` over TLS. */
export async function fakeS3(tls?: { cert: string; key: string }): Promise<FakeS3> {
  const address = { hostname: "127.0.0.1", port: 0, ...tls, onListen() {} };
  const server = Deno.serve(address, (request) => {
    const { pathname, search } = new URL(request.url);
    const key = decodeURIComponent(pathname.replace(/^\/[^/]*\/?/, ""));
    s3.log.push(`${request.method} ${key}${search}`);
    return answerTo(s3, request, key);
  });
  const s3: FakeS3 = {
    url: `${tls ? "https" : "http"}://127.0.0.1:${server.addr.port}`,
    bucket: "bucket",
    objects: new Map(),
    log: [],
    fault: () => undefined,
    now: Date.now,
    pageSize: 1000,
    uploads: new Map(),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
  return await Promise.resolve(s3);
}

async function answerTo(s3: FakeS3, request: Request, key: string): Promise<Response> {
  const fault = s3.fault(request.method, key);
  await fault?.wait;
  const refusal = fault?.status
    ? errorOf(fault.status, fault.code ?? "InternalError")
    : await refusalOf(s3, request);
  if (refusal) {
    await request.body?.cancel();
    return request.method === "HEAD" ? new Response(null, { status: refusal.status }) : refusal;
  }
  const query = new URL(request.url).searchParams;
  const body = new Uint8Array(await request.arrayBuffer());
  const wrongBody = request.method === "GET" ? undefined : wrongBodyOf(request, body);
  if (wrongBody) return wrongBody;
  if (query.has("list-type")) return listing(s3, query);
  if (query.has("delete")) return removal(s3, body);
  if (query.has("uploads") || query.has("uploadId")) {
    return inParts(s3, request, key, query, body);
  }
  if (request.method === "PUT") return stored(s3, request, key, body);
  return reading(s3, request, key, fault);
}

/** Whether the request is for another bucket, by another key, or its signature does not fit. */
async function refusalOf(s3: FakeS3, request: Request): Promise<Response | undefined> {
  const url = new URL(request.url);
  if (url.searchParams.has("X-Amz-Signature")) return await linkRefusal(s3, request, url);
  const authorization = request.headers.get("authorization") ?? "";
  const [, key, region, names] =
    /Credential=([^/]*)\/\d+\/([^/]*)\/s3\/aws4_request, SignedHeaders=([^,]*)/
      .exec(authorization) ?? [];
  if (key !== FAKE_KEYS.accessKeyId) return errorOf(403, "InvalidAccessKeyId");
  const headers = Object.fromEntries(
    names!.split(";").filter((name) => name !== "host" && name !== "x-amz-date")
      .map((name) => [name, request.headers.get(name) ?? ""]),
  );
  const signer = new AwsV4Signer({
    ...FAKE_KEYS,
    service: "s3",
    region: region!,
    method: request.method,
    url: request.url,
    headers,
    datetime: request.headers.get("x-amz-date")!,
  });
  const expected = (await signer.sign()).headers.get("authorization");
  if (expected !== authorization) return errorOf(403, "SignatureDoesNotMatch");
  if (url.pathname.split("/")[1] !== s3.bucket) return errorOf(404, "NoSuchBucket");
}

/** The same of a request by a link, which may have run out or be for something else. */
async function linkRefusal(
  s3: FakeS3,
  { method, headers }: Request,
  url: URL,
): Promise<Response | undefined> {
  if (headers.has("authorization")) return errorOf(400, "InvalidArgument");
  const given = url.searchParams.get("X-Amz-Signature");
  const date = url.searchParams.get("X-Amz-Date")!;
  url.searchParams.delete("X-Amz-Signature");
  const signer = new AwsV4Signer({
    ...FAKE_KEYS,
    ...{ service: "s3", method, url: url.href, signQuery: true, datetime: date },
    region: url.searchParams.get("X-Amz-Credential")!.split("/")[2]!,
  });
  const signed = await signer.sign();
  if (signed.url.searchParams.get("X-Amz-Signature") !== given) {
    return errorOf(403, "SignatureDoesNotMatch");
  }
  const begun = date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
  const end = Date.parse(begun) + Number(url.searchParams.get("X-Amz-Expires")) * 1000;
  return s3.now() < end ? undefined : errorOf(403, "AccessDenied");
}

/** What S3 checks of a body: that its length is stated, and both hashes. */
function wrongBodyOf({ method, headers }: Request, body: Uint8Array): Response | undefined {
  if (method === "PUT" && headers.get("content-length") === null) {
    return errorOf(411, "MissingContentLength");
  }
  const sha256 = createHash("sha256").update(body);
  const hex = sha256.copy().digest("hex");
  const stated = headers.get("x-amz-content-sha256");
  if (stated !== hex && stated !== "UNSIGNED-PAYLOAD") {
    return errorOf(400, "XAmzContentSHA256Mismatch");
  }
  const checksum = headers.get("x-amz-checksum-sha256");
  if (checksum && checksum !== sha256.digest("base64")) return errorOf(400, "BadDigest");
}

function stored(s3: FakeS3, { headers }: Request, key: string, bytes: Uint8Array<ArrayBuffer>) {
  const type = headers.get("content-type") ?? "binary/octet-stream";
  s3.objects.set(key, { bytes, type, created: Date.now() });
  return new Response(null, { headers: { etag: '"x"' } });
}

function reading(s3: FakeS3, request: Request, key: string, fault: S3Fault = {}): Response {
  const found = s3.objects.get(key);
  if (!found) {
    return request.method === "HEAD"
      ? new Response(null, { status: 404 })
      : errorOf(404, "NoSuchKey");
  }
  const { type, created } = found;
  const size = found.bytes.length;
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "");
  const [, first = "0", last = ""] = range ?? [];
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  const whole = fault.wrong ? found.bytes.map((byte) => byte ^ 1) : found.bytes;
  const bytes = whole.subarray(from, end);
  const headers: Record<string, string> = {
    "content-type": type,
    "content-length": String(bytes.length),
    "last-modified": new Date(created).toUTCString(),
  };
  if (range) headers["content-range"] = `bytes ${from}-${end - 1}/${size}`;
  const body = request.method === "HEAD" ? null : bodyOf(bytes, fault);
  return new Response(body, { status: range ? 206 : 200, headers });
}

/** A body that ends before its Content-Length makes the server close the connection. */
function bodyOf(bytes: Uint8Array<ArrayBuffer>, { cut, trickle }: S3Fault): BodyInit {
  if (cut === undefined && !trickle) return bytes;
  const end = cut ?? bytes.length;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await trickle?.();
      if (at < end) controller.enqueue(bytes.subarray(at, at = Math.min(end, at + 65536)));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

function listing(s3: FakeS3, query: URLSearchParams): Response {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const size = Math.min(s3.pageSize, Number(query.get("max-keys") ?? s3.pageSize));
  const all = [...s3.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = all.slice(0, size);
  const contents = page.map((key) => {
    const { bytes, created } = s3.objects.get(key)!;
    return `<Contents><Key>${key}</Key><LastModified>${new Date(created).toISOString()}` +
      `</LastModified><Size>${bytes.length}</Size></Contents>`;
  });
  const more = page.length < all.length;
  const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
  return new Response(
    `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents.join("")}` +
      `</ListBucketResult>`,
  );
}

function removal(s3: FakeS3, body: Uint8Array): Response {
  const keys = [...new TextDecoder().decode(body).matchAll(/<Key>([^<]*)<\/Key>/g)];
  if (keys.length > 1000) return errorOf(400, "MalformedXML");
  for (const [, key] of keys) s3.objects.delete(key!);
  return new Response("<DeleteResult></DeleteResult>");
}

function inParts(
  s3: FakeS3,
  request: Request,
  key: string,
  query: URLSearchParams,
  body: Uint8Array<ArrayBuffer>,
): Response {
  const id = query.get("uploadId") ?? crypto.randomUUID();
  const parts = s3.uploads.get(id) ?? new Map<number, Uint8Array<ArrayBuffer>>();
  if (request.method === "PUT") {
    parts.set(Number(query.get("partNumber")), body);
    return new Response(null, { headers: { etag: `"${query.get("partNumber")}"` } });
  }
  if (query.has("uploads")) {
    s3.uploads.set(id, parts);
    return new Response(`<R><UploadId>${id}</UploadId></R>`);
  }
  s3.uploads.delete(id);
  if (request.method === "DELETE") return new Response(null, { status: 204 });
  const bytes = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part));
  s3.objects.set(key, { bytes: new Uint8Array(bytes), type: "", created: Date.now() });
  return new Response("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
}

function errorOf(status: number, code: string): Response {
  return new Response(`<Error><Code>${code}</Code><Message>no</Message></Error>`, { status });
}
