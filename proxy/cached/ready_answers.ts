/**
 * Answers that would come out the same again, ready to be sent: small content from memory, which is
 * what most requests to a busy proxy are about. Nothing is decided here. An answer is used only for
 * a request that is the same in all that the handlers look at, and only while nothing has changed.
 */
import { LRUCache } from "lru-cache";
import type { Repeatable } from "../answer.ts";
import type { Caller } from "../http/caller.ts";
import { plainAddress } from "../http/origin.ts";
import type { RequestRecord } from "../observe/record.ts";
import { nextId, reportComplete, type Reporting } from "../observe/recording.ts";

/** An answer that is ready to be sent. */
interface Ready extends Repeatable {
  /** Never sent itself: its clones are, which costs half of what making a response does. */
  response: Response;
  record: RequestRecord;
  /** The cache's revision at which it was made. */
  revision: number;
}

/** The part of the cache that this needs. */
export interface Contents {
  /** Rises whenever a tag moves or content goes. */
  readonly revision: number;
  /** Counts a use. */
  touch(digest: string): void;
}

/** A request that has been answered. */
interface Answered {
  request: Request;
  caller: Caller;
  record: RequestRecord;
}

/** Bytes of bodies that are kept reachable; the cache's own memory holds the same ones. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * So many bytes are in the socket's buffer as soon as they are sent, and nobody learns whether their
 * client ever read them: there is nothing to count. Larger ones are sent in pieces that are counted.
 */
export const AT_ONCE = 64 * 1024;

/** A request with one of these is looked at by the handlers. */
const DECISIVE = [
  "authorization",
  "range",
  "if-none-match",
  "content-length",
  "transfer-encoding",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
];

export class ReadyAnswers {
  readonly #contents: Contents;
  readonly #reporting: Reporting;
  readonly #decisive: readonly string[];
  readonly #answers = new LRUCache<string, Ready>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => (body?.length ?? 0) + 2048,
  });

  /** @param nameHeader In which a trusted proxy names the client; empty where none does. */
  constructor(contents: Contents, reporting: Reporting, nameHeader = "") {
    this.#contents = contents;
    this.#reporting = reporting;
    this.#decisive = nameHeader ? [...DECISIVE, nameHeader] : DECISIVE;
  }

  /** The answer to `request` where there is one that still holds. */
  answer(request: Request, caller: Caller): Response | undefined {
    const found = this.#answers.get(keyOf(request, caller));
    const now = this.#reporting.now();
    if (!found || found.revision !== this.#contents.revision || now >= found.until) {
      return undefined;
    }
    const { headers } = request;
    if (this.#decisive.some((name) => headers.has(name))) return undefined;
    this.#contents.touch(found.digest);
    const record = {
      ...found.record,
      id: nextId(),
      time: now,
      client: plainAddress(caller.peer),
      clientName: "",
      userAgent: (headers.get("user-agent") ?? "").slice(0, 200),
      via: caller.via,
    };
    const response = found.response.clone();
    response.headers.set("x-request-id", record.id);
    record.firstByteMs = this.#reporting.now() - now;
    reportComplete(record, this.#reporting);
    return response;
  }

  /** Keeps `response` for further requests that are the same, as long as `again` says. */
  keep({ request, caller, record }: Answered, response: Response, again: Repeatable): void {
    const { status, headers } = response;
    if ((again.body?.length ?? 0) > AT_ONCE) return;
    if (status !== 200 || this.#decisive.some((name) => request.headers.has(name))) return;
    this.#answers.set(keyOf(request, caller), {
      ...again,
      response: new Response(again.body as BodyInit | null, { headers }),
      record: {
        ...record,
        bytes: again.body?.length ?? 0,
        upstreamBytes: 0,
        upstreamStatus: 0,
        upstreamMs: 0,
        attempts: [],
      },
      revision: this.#contents.revision,
    });
  }
}

/** The same address means another registry where it was called by its own name. */
function keyOf(request: Request, { registry = "" }: Caller): string {
  return `${registry} ${request.method} ${request.url}\n${request.headers.get("accept") ?? ""}`;
}
