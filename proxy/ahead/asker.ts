/** Content asked of the registry port's own handler, as clients ask it, so that all is kept alike. */
import { LINKING_TYPES, MANIFEST_LIMIT } from "../../cache/manifest.ts";
import { discard, readLimited } from "../http/body.ts";
import type { Caller } from "../http/caller.ts";
import { acceptKey } from "../oci/manifest.ts";
import type { Image } from "./image.ts";

/** The handler in force. */
export type Handle = (request: Request, caller: Caller) => Promise<Response> | Response;

/** An answer that is no success. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export interface ManifestAnswer {
  digest: string;
  bytes: Uint8Array;
  /** Whether it was in the cache, and for a tag still what the tag stands for. */
  here: boolean;
}

/** What clients of today accept: Docker's, containerd's and Podman's. */
const ACCEPT = Object.values(LINKING_TYPES).join(", ");
/** Under which the cache knows what tags stand for to such clients. */
export const TAG_KIND = acceptKey(ACCEPT);

/** Pages of a list that are read. */
const MOST_PAGES = 100;

/** Asks in Berth's own name; every method throws {@linkcode Refused}, and the reason of `signal`. */
export class Asker {
  readonly #handle: Handle;
  readonly #recorded: Caller["recorded"];

  /** @param recorded told what each question has cost at the registry */
  constructor(handle: Handle, recorded?: Caller["recorded"]) {
    this.#handle = handle;
    this.#recorded = recorded;
  }

  /** The manifest of `image` by tag or digest; a tag is asked of upstream, however fresh it is. */
  async manifest(image: Image, reference: string, signal: AbortSignal): Promise<ManifestAnswer> {
    const path = `manifests/${reference}`;
    const response = await this.#ask(image, path, { accept: ACCEPT, signal });
    const digest = response.headers.get("docker-content-digest") ?? "";
    const bytes = await readLimited(response, MANIFEST_LIMIT);
    if (!bytes) throw new Refused(502, `the manifest is longer than ${MANIFEST_LIMIT} bytes`);
    return { digest, bytes, here: wasHere(response) };
  }

  /**
   * Fetches a blob; `taken` is told of each piece, `pace` is the caller's. Resolves with whether it was
   * here.
   */
  async blob(
    image: Image,
    digest: string,
    signal: AbortSignal,
    { taken, pace }: { taken: (bytes: number) => void; pace?: Caller["pace"] },
  ): Promise<boolean> {
    const response = await this.#ask(image, `blobs/${digest}`, { signal, pace });
    const reader = (response.body ?? new ReadableStream()).getReader();
    const stop = () => void reader.cancel(signal.reason).catch(() => {});
    signal.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        taken(value.length);
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
    signal.throwIfAborted();
    return wasHere(response);
  }

  /** Has the repository recorded as holding a blob that is here because of another one. */
  async confirm(image: Image, digest: string, signal: AbortSignal): Promise<void> {
    await discard(await this.#ask(image, `blobs/${digest}`, { method: "HEAD", signal }));
  }

  /**
   * The digest that `tag` stands for now, to whoever accepts that; asked by HEAD, which Docker Hub does
   * not count.
   */
  async meaning(image: Image, tag: string, signal: AbortSignal, accept = ACCEPT): Promise<string> {
    const path = `manifests/${tag}`;
    try {
      const response = await this.#ask(image, path, { method: "HEAD", accept, signal });
      await discard(response);
      return response.headers.get("docker-content-digest") ?? "";
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      // The answer to a HEAD has no body to say so.
      throw new Refused(404, `${image.registry} does not have ${image.repository}:${tag}`);
    }
  }

  /** Whether there is such a tag. */
  async hasTag(image: Image, tag: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.meaning(image, tag, signal);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return false;
      throw error;
    }
  }

  /**
   * The pages of a list of the registry's own: `tags/list`, `referrers/…`, and `_catalog` of no
   * repository at all.
   */
  async *pages(
    image: Pick<Image, "registry" | "repository">,
    path: string,
    signal: AbortSignal,
  ): AsyncGenerator<unknown, void, void> {
    let next: string | undefined = path;
    for (let pages = 0; next !== undefined; pages++) {
      if (pages === MOST_PAGES) throw new Refused(502, "the registry's list has no end");
      const response: Response = await this.#ask(image, next, { signal });
      const bytes = await readLimited(response, MANIFEST_LIMIT);
      if (!bytes) throw new Refused(502, `the list is longer than ${MANIFEST_LIMIT} bytes`);
      yield JSON.parse(new TextDecoder().decode(bytes));
      next = nextOf(response.headers.get("link"), image.repository);
    }
  }

  async #ask(
    { registry, repository }: Pick<Image, "registry" | "repository">,
    path: string,
    { method = "GET", accept, signal, pace }: {
      method?: string;
      accept?: string;
      signal: AbortSignal;
      pace?: Caller["pace"];
    },
  ): Promise<Response> {
    signal.throwIfAborted();
    const request = new Request(`http://berth${below(repository)}${path}`, {
      method,
      ...(accept ? { headers: { accept } } : {}),
    });
    const caller: Caller = {
      peer: "",
      via: "prefetch",
      priority: "ahead",
      registry,
      holds: 0,
      pace,
      recorded: this.#recorded,
    };
    const response = await unlessAborted(this.#handle(request, caller), signal);
    if (response.ok) return response;
    throw new Refused(response.status, await messageOf(response));
  }
}

/** What `answering` comes to; what comes after `signal` was aborted is waited for by nobody. */
async function unlessAborted(
  answering: Promise<Response> | Response,
  signal: AbortSignal,
): Promise<Response> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([answering, aborted]);
  } catch (error) {
    if (signal.aborted) void Promise.resolve(answering).then(discard, () => {});
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** `Cache-Status` as `cached/respond.ts` writes it. */
function wasHere({ headers }: Response): boolean {
  return /; hit|detail=revalidated/.test(headers.get("cache-status") ?? "");
}

async function messageOf(response: Response): Promise<string> {
  try {
    return (await response.json()).errors[0].message;
  } catch {
    return `the answer was ${response.status}`;
  }
}

function below(repository: string): string {
  return repository === "" ? "/v2/" : `/v2/${repository}/`;
}

/** What follows `/v2/<repository>/` of the next page's address (RFC 8288). */
function nextOf(link: string | null, repository: string): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  const url = target === undefined ? null : URL.parse(target, "http://berth/");
  const start = below(repository);
  if (!url?.pathname.startsWith(start)) return undefined;
  return url.pathname.slice(start.length) + url.search;
}
