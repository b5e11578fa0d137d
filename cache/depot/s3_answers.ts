/** What S3 answers: its XML, as far as a depot needs it, and its refusals in words that help. */
import { DepotError } from "../errors.ts";
import { digestAt, type ListedObject } from "./depot.ts";

/** The text of the first element `name`; `undefined` where there is none. */
export function elementOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  return found ? unescape(found[1]!) : undefined;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi,
    (_, hex, decimal, name) =>
      name
        ? ENTITIES[name.toLowerCase()]!
        : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)),
  );
}

/** `text` as the content of an element. */
export function escaped(text: string): string {
  return text.replace(/[&<>]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char]!);
}

/** A page of ListObjectsV2. */
export interface ListPage {
  objects: ListedObject[];
  /** How many keys it has, whatever they are. */
  keys: number;
  /** For the page after this one. */
  next: string | undefined;
}

/** Reads a page; keys that are no blob's are left out. */
export function listPage(xml: string): ListPage {
  const contents = [...xml.matchAll(/<Contents>([^]*?)<\/Contents>/g)].map(([, text]) => text!);
  const objects = contents.flatMap((text): ListedObject[] => {
    const digest = digestAt(elementOf(text, "Key") ?? "");
    if (!digest) return [];
    const created = Date.parse(elementOf(text, "LastModified") ?? "");
    return [{ digest, size: Number(elementOf(text, "Size")), created: created || 0 }];
  });
  const more = elementOf(xml, "IsTruncated") === "true";
  const next = more ? elementOf(xml, "NextContinuationToken") : undefined;
  return { objects, keys: contents.length, next };
}

/** What S3 means by a code, and which setting it is about: `kind`, setting, words. */
const CODES: Record<string, [DepotError["kind"], string, string]> = {
  NoSuchKey: ["gone", "url", "there is no such object"],
  NoSuchBucket: ["settings", "url", "there is no such bucket"],
  InvalidBucketName: ["settings", "url", "that is no name of a bucket"],
  InvalidAccessKeyId: ["settings", "access_key_id", "the store does not know this key"],
  // versitygw's, by 404.
  XAdminUserNotFound: ["settings", "access_key_id", "the store does not know this key"],
  SignatureDoesNotMatch: [
    "settings",
    "secret_access_key",
    "it does not belong to cache.depot.access_key_id",
  ],
  ExpiredToken: ["settings", "session_token", "it has expired"],
  InvalidToken: ["settings", "session_token", "the store does not accept it"],
  RequestTimeTooSkewed: [
    "away",
    "endpoint",
    "its clock and this machine's differ by too much; set the wrong one",
  ],
};

/** Codes that mean: another region. */
const REGION = new Set([
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
  "PermanentRedirect",
]);

/** Milliseconds by which S3 lets clocks differ. */
const SKEW = 15 * 60e3;

/**
 * An answer that is no success as an error; `body` is its XML, empty for a HEAD, of which `now` (Unix
 * ms) tells whether the clocks are why.
 */
export function failureOf(
  what: string,
  { status, headers }: Response,
  body: string,
  now?: number,
): DepotError {
  const date = Date.parse(headers.get("date") ?? "");
  const skewed = status === 403 && body === "" && now !== undefined && Math.abs(date - now) > SKEW;
  const code = skewed ? "RequestTimeTooSkewed" : elementOf(body, "Code") ?? "";
  const known = CODES[code];
  if (known) return new DepotError(...known);
  if (REGION.has(code) || status === 301) {
    const region = elementOf(body, "Region") ?? headers.get("x-amz-bucket-region");
    const there = region ? `the bucket is in ${region}` : "the bucket is in another region";
    return new DepotError("settings", "region", there);
  }
  const said = code ? `${status} ${code}` : `${status}`;
  if (status === 404 && code === "") {
    return new DepotError("gone", "url", "there is no such object");
  }
  if (status === 401 || status === 403) {
    return new DepotError("settings", "access_key_id", `this key may not ${what} (${said})`);
  }
  const kind = status >= 500 || status === 429 ? "away" : "refused";
  return new DepotError(kind, "endpoint", `it answered ${said} to "${what}"`);
}
