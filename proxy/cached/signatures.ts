/** `registries.*.require`: images that nobody signed whom the operator trusts are not given out. */
import { LRUCache } from "lru-cache";
import type { Cache } from "../../cache/api.ts";
import { parseDigest } from "../../cache/digest.ts";
import { globPattern } from "../../base/glob.ts";
import { isObject, listIn, objectIn, parseObject } from "../../base/json.ts";
import { Once } from "../../base/once.ts";
import type { Config } from "../config/schema.ts";
import type { Exchange } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { acceptKey, ANY_MANIFEST } from "../oci/manifest.ts";
import { referrers } from "../through/referrers.ts";
import {
  BUNDLE,
  type Finding,
  signedBundle,
  type Signer,
  SIMPLE_SIGNING,
  simpleSignature,
} from "../trust/signature.ts";
import { isOutage } from "../upstream/outage.ts";
import { checkTag } from "./check_tag.ts";
import { blobBytes, manifestBytes, ownRead } from "./own_reads.ts";

export interface SignatureOptions {
  cache: Cache;
  /** Those of whom one has to have signed. Throws an error that names the file that cannot be used. */
  signersOf(cosign: Cosign): Signer[];
  /** Told, once a digest, of what `mode: warn` lets through. */
  warn(line: string): void;
  /** Unix milliseconds. */
  now(): number;
}

type Cosign = Config["registries"][string]["require"][number]["cosign"];

/** Repositories, and those of whom one has to have signed. */
interface Requirement {
  readonly repositories: readonly RegExp[];
  readonly signers: readonly Signer[];
  readonly enforce: boolean;
}

/** What is known of the signatures of a digest, and since when, in Unix milliseconds. */
interface Known {
  at: number;
  /** Fingerprint of the key, or the identity, that signed. */
  signer: string | undefined;
  /** Why a signature that there is does not count; empty where there is none. */
  why: string;
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
  /** By repository and digest, and who has to have signed. */
  readonly #known = new LRUCache<string, Known>({ max: MOST });
  readonly #asking = new Once<Known>();

  /** Throws as {@linkcode SignatureOptions.signersOf}. */
  constructor({ registries }: Pick<Config, "registries">, options: SignatureOptions) {
    this.#options = options;
    this.#requirements = new Map(
      Object.entries(registries).filter(([, { require }]) => require.length > 0).map((
        [name, { require }],
      ) => [
        name,
        require.map(({ repositories, cosign, mode }) => ({
          repositories: repositories.map(globPattern),
          signers: options.signersOf(cosign),
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
    const { signers, enforce } = requirement;
    const image = `${repositoryKey(x.target)}@${digest}`;
    const id = `${image} ${signers.map((it) => it.id)}`;
    const { now, warn } = this.#options;
    const names = signers.map(({ name }) => name).join(" or by ");
    let known = this.#known.get(id);
    if (!known || (known.signer === undefined && now() - known.at >= ASK_AGAIN)) {
      known = await this.#asking.run(
        JSON.stringify([id, x.proof.id]),
        () => this.#look(x, digest, signers),
      );
      this.#known.set(id, known);
      if (known.signer === undefined && !enforce) {
        const why = known.why && `: ${known.why}`;
        warn(`${image} is not signed by ${names} it should be${why}`);
      }
    }
    if (known.signer !== undefined || !enforce) return undefined;
    const why = known.why && `; ${known.why}`;
    return `it is not signed by ${names}, as this repository requires${why} (require.cosign)`;
  }

  /** Looks for a signature of the image that one of `signers` made. */
  async #look(x: Exchange, digest: string, signers: readonly Signer[]): Promise<Known> {
    const found: Finding[] = [];
    const sought: Sought = {
      x,
      digest,
      async ask(work) {
        // To check one takes a while; whoever may attach signatures may attach many.
        if (found.length >= MOST_SIGNATURES) return false;
        for (const signer of signers) {
          const finding = await work(signer);
          found.push(finding);
          if ("signer" in finding) return true;
        }
        return false;
      },
    };
    const { cache, now } = this.#options;
    // What is here first: that can be told while the registry is away.
    const here = cache.parents(repositoryKey(x.target), digest, "subject").slice(
      0,
      MOST_SIGNATURES,
    );
    const signed = await this.#bundledIn(sought, here) || await this.#simple(sought) ||
      await this.#bundledIn(
        sought,
        (await this.#listed(x, digest)).filter((it) => !here.includes(it)),
      );
    const last = found.at(-1);
    return {
      at: now(),
      signer: signed && last && "signer" in last ? last.signer : undefined,
      why: last && "why" in last ? last.why : "",
    };
  }

  /** Signatures beside the image, under a tag made of its digest. */
  async #simple({ x, digest, ask }: Sought): Promise<boolean> {
    const { cache } = this.#options;
    const at = await this.#behind(x, `${digest.replace(":", "-")}.sig`);
    if (!at) return false;
    const { bytes } = await manifestBytes(x, cache, at);
    for (const { mediaType, digest: layer, annotations } of layersOf(bytes)) {
      if (mediaType !== SIMPLE_SIGNING) continue;
      const payload = await blobBytes(x, cache, layer);
      const signature = payload && simpleSignature(payload, annotations, digest);
      if (signature && await ask((signer) => signer.simple(signature))) return true;
    }
    return false;
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
    return listIn(parseObject(await response.bytes())?.manifests).filter(isObject)
      .filter(({ artifactType, digest }) =>
        String(artifactType).startsWith(BUNDLE) && isDigest(digest)
      ).map(({ digest }) => String(digest)).slice(0, MOST_SIGNATURES);
  }

  /** Bundles in the manifests `at`. */
  async #bundledIn({ x, digest, ask }: Sought, at: readonly string[]): Promise<boolean> {
    const { cache } = this.#options;
    for (const one of at) {
      const { bytes } = await manifestBytes(x, cache, one);
      for (const { mediaType, digest: layer } of layersOf(bytes)) {
        if (!mediaType.startsWith(BUNDLE)) continue;
        const content = await blobBytes(x, cache, layer);
        const bundle = content && signedBundle(content, digest);
        if (bundle && await ask((signer) => signer.bundle(bundle))) return true;
      }
    }
    return false;
  }
}

/** A look for signatures of the image `digest`. */
interface Sought {
  x: Exchange;
  digest: string;
  /** Whether, by `work`, one of those who may have signed did. */
  ask(work: (signer: Signer) => Promise<Finding>): Promise<boolean>;
}

function layersOf(manifest: Uint8Array) {
  return listIn(parseObject(manifest)?.layers).filter(isObject).filter(({ digest }) =>
    isDigest(digest)
  )
    .slice(0, MOST_SIGNATURES)
    .map(({ mediaType, digest, annotations }) => ({
      mediaType: String(mediaType),
      digest: String(digest),
      annotations: objectIn(annotations),
    }));
}

function isDigest(value: unknown): boolean {
  return typeof value === "string" && parseDigest(value) !== undefined;
}
