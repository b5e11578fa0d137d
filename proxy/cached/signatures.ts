/** `registries.*.require`: images that nobody signed whom the operator trusts are not given out. */
import { LRUCache } from "lru-cache";
import type { Cache } from "../../cache/api.ts";
import { parseDigest } from "../../cache/digest.ts";
import { globPattern } from "../../base/glob.ts";
import { Once } from "../../base/once.ts";
import type { Config } from "../config/schema.ts";
import type { Exchange } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { acceptKey, ANY_MANIFEST } from "../oci/manifest.ts";
import { referrers } from "../through/referrers.ts";
import {
  BUNDLE,
  bundleSigner,
  SIGNATURE_ANNOTATION,
  type SigningKey,
  SIMPLE_SIGNING,
  simpleSigner,
} from "../trust/signature.ts";
import { isOutage } from "../upstream/outage.ts";
import { checkTag } from "./check_tag.ts";
import { blobBytes, manifestBytes, ownRead } from "./own_reads.ts";

export interface SignatureOptions {
  cache: Cache;
  /** The key in the file of that name. Throws where there is none. */
  readKey(file: string): SigningKey;
  /** Told, once a digest, of what `mode: warn` lets through. */
  warn(line: string): void;
  /** Unix milliseconds. */
  now(): number;
}

/** Repositories, and the keys of which one has to have signed. */
interface Requirement {
  readonly repositories: readonly RegExp[];
  readonly keys: readonly SigningKey[];
  readonly enforce: boolean;
}

/** Digests of which it is remembered who signed them. */
const MOST = 20_000;
/** Who signs an image after it was refused can have it after this long, in milliseconds. */
const ASK_AGAIN = 30_000;
/** Signatures of one image that are looked at. */
const MOST_SIGNATURES = 32;

export class Signatures {
  readonly #options: SignatureOptions;
  readonly #requirements: ReadonlyMap<string, readonly Requirement[]>;
  /** By repository and digest: when it was looked for, and the fingerprint of the key, if any. */
  readonly #found = new LRUCache<string, { at: number; signer: string | undefined }>({ max: MOST });

  readonly #asking = new Once<string | undefined>();

  /** Throws an error that names the key file that cannot be used. */
  constructor({ registries }: Pick<Config, "registries">, options: SignatureOptions) {
    this.#options = options;
    this.#requirements = new Map(
      Object.entries(registries).filter(([, { require }]) => require.length > 0).map((
        [name, { require }],
      ) => [
        name,
        require.map(({ repositories, cosign, mode }) => ({
          repositories: repositories.map(globPattern),
          keys: cosign.keys.map((file) => options.readKey(file)),
          enforce: mode === "enforce",
        })),
      ]),
    );
  }

  /** The first requirement that is about the repository of `x`. */
  #requirement({ target: { registry, repository } }: Exchange): Requirement | undefined {
    return this.#requirements.get(registry.name)?.find(({ repositories }) =>
      repositories.length === 0 || repositories.some((it) => it.test(repository))
    );
  }

  /** Whether the image has to be signed. */
  concerns(x: Exchange): boolean {
    return this.#requirement(x) !== undefined;
  }

  /**
   * Why the image `digest` is not to be given out, in words; undefined where it is. Throws what the
   * registry answers with where it cannot be found out.
   */
  async missing(x: Exchange, digest: string): Promise<string | undefined> {
    const requirement = this.#requirement(x);
    if (!requirement) return undefined;
    const { keys, enforce } = requirement;
    const id = `${repositoryKey(x.target)}@${digest} ${keys.map((it) => it.fingerprint)}`;
    const { now, warn } = this.#options;
    let found = this.#found.get(id);
    if (!found || (found.signer === undefined && now() - found.at >= ASK_AGAIN)) {
      const signer = await this.#asking.run(
        JSON.stringify([id, x.proof.id]),
        () => this.#signer(x, digest, keys),
      );
      found = { at: now(), signer };
      this.#found.set(id, found);
      if (!found.signer && !enforce) {
        warn(`${repositoryKey(x.target)}@${digest} is not signed by any of the keys it should be`);
      }
    }
    if (found.signer !== undefined || !enforce) return undefined;
    return "it is not signed by any of the keys that this repository requires (require.cosign)";
  }

  /** Fingerprint of the key that signed; undefined where none did. */
  async #signer(
    x: Exchange,
    digest: string,
    keys: readonly SigningKey[],
  ): Promise<string | undefined> {
    const { cache } = this.#options;
    // What is here first: that can be told while the registry is away.
    const here = cache.parents(repositoryKey(x.target), digest, "subject").slice(
      0,
      MOST_SIGNATURES,
    );
    const signer = await this.#bundledIn(x, digest, keys, here) ??
      await this.#simple(x, digest, keys);
    if (signer) return signer;
    const further = (await this.#listed(x, digest)).filter((it) => !here.includes(it));
    return await this.#bundledIn(x, digest, keys, further);
  }

  /** Signatures beside the image, under a tag made of its digest. */
  async #simple(
    x: Exchange,
    digest: string,
    keys: readonly SigningKey[],
  ): Promise<string | undefined> {
    const { cache } = this.#options;
    const at = await this.#behind(x, `${digest.replace(":", "-")}.sig`);
    if (!at) return undefined;
    const { bytes } = await manifestBytes(x, cache, at);
    for (const { mediaType, digest: layer, annotations } of layersOf(bytes)) {
      const signature = annotations[SIGNATURE_ANNOTATION];
      if (mediaType !== SIMPLE_SIGNING || typeof signature !== "string") continue;
      const payload = await blobBytes(x, cache, layer);
      const signer = payload && simpleSigner({ payload, signature, digest }, keys);
      if (signer) return signer.fingerprint;
    }
    return undefined;
  }

  /** What `tag` stands for now or, while the registry is away, stood for last. */
  async #behind(x: Exchange, tag: string): Promise<string | undefined> {
    const { cache, now } = this.#options;
    const { registry: { name: registry }, repository, asked: name } = x.target;
    const key = { registry, repository, tag, accept: acceptKey(ANY_MANIFEST) };
    const own = ownRead(x, { kind: "manifest", name, reference: { kind: "tag", value: tag } });
    try {
      return (await checkTag(own, cache, key, ANY_MANIFEST, now)).row.digest;
    } catch (error) {
      if (error instanceof OciError && error.status === 404) return undefined;
      const last = isOutage(error) ? cache.tag(key) : undefined;
      if (!last) throw error;
      return last.digest;
    }
  }

  /** Bundles that refer to the image, as the registry lists them. */
  async #listed(x: Exchange, digest: string): Promise<string[]> {
    const path = { kind: "referrers", name: x.target.asked, digest } as const;
    const own = { ...ownRead(x, path), query: new URLSearchParams() };
    const { response } = await referrers(own, path, { pushes: false });
    return list(parse(await response.bytes()).manifests)
      .filter(({ artifactType, digest }) =>
        String(artifactType).startsWith(BUNDLE) && isDigest(digest)
      ).map(({ digest }) => String(digest)).slice(0, MOST_SIGNATURES);
  }

  /** Fingerprint of the key by which one of the manifests `at` signs the image `digest`. */
  async #bundledIn(
    x: Exchange,
    digest: string,
    keys: readonly SigningKey[],
    at: readonly string[],
  ): Promise<string | undefined> {
    const { cache } = this.#options;
    for (const one of at) {
      const { bytes } = await manifestBytes(x, cache, one);
      for (const { mediaType, digest: layer } of layersOf(bytes)) {
        if (!mediaType.startsWith(BUNDLE)) continue;
        const bundle = await blobBytes(x, cache, layer);
        const signer = bundle && bundleSigner(bundle, digest, keys);
        if (signer) return signer.fingerprint;
      }
    }
    return undefined;
  }
}

type Json = Record<string, unknown>;

function layersOf(manifest: Uint8Array) {
  return list(parse(manifest).layers).filter(({ digest }) => isDigest(digest))
    .slice(0, MOST_SIGNATURES)
    .map(({ mediaType, digest, annotations }) => ({
      mediaType: String(mediaType),
      digest: String(digest),
      annotations: (typeof annotations === "object" && annotations ? annotations : {}) as Json,
    }));
}

function isDigest(value: unknown): boolean {
  return typeof value === "string" && parseDigest(value) !== undefined;
}

function parse(bytes: Uint8Array): Json {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? value as Json : {};
  } catch {
    return {};
  }
}

function list(value: unknown): Json[] {
  const entries: unknown[] = Array.isArray(value) ? value : [];
  return entries.filter((it): it is Json => typeof it === "object" && it !== null);
}
