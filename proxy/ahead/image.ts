/** An image that is to be fetched, and whether Berth can keep it. Pure. */
import { imageTarget } from "../names/image.ts";
import { type RegistryMap, repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { parseReference, quote } from "../oci/path.ts";

/** One image at its registry. */
export interface Image {
  /** `docker/library/nginx:1.27`, or with `@` and a digest. */
  readonly name: string;
  readonly registry: string;
  /** As upstream names it: `library/nginx`. */
  readonly repository: string;
  /** `docker/library/nginx`: under which the cache knows the repository. */
  readonly key: string;
  /** Tag or digest. */
  readonly reference: string;
  /** What the registry's settings want fetched ahead; empty: nothing is said. */
  readonly platforms: readonly string[];
}

/** An image that cannot be pulled as it is written; the message says why. */
export class BadImage extends Error {
  override readonly name = "BadImage";
}

/**
 * The image that `word` means: `nginx` (the default registry's `latest`), `quay.io/org/app:1`,
 * `docker/library/nginx@sha256:…`. Throws {@linkcode BadImage} for what names none, and for images
 * that Berth could not keep or has no credentials for.
 */
export function imageOf(word: string, map: RegistryMap): Image {
  const [, name = "", tag, digest] = WORD.exec(word.trim()) ?? [];
  const target = imageTarget(map, name);
  if (!target) {
    throw new BadImage(
      `${quote(word)}: expected an image, as [REGISTRY/]REPOSITORY[:TAG] with one of ` +
        map.names.join(", "),
    );
  }
  const { registry, repository } = target;
  const reference = referenceOf(word, digest ?? tag ?? "latest");
  refuseUnkept(registry);
  const key = repositoryKey(target);
  return {
    name: `${key}${digest ? "@" : ":"}${reference}`,
    registry: registry.name,
    repository,
    key,
    reference,
    platforms: registry.platforms,
  };
}

/** Name, tag and digest; where both are given, the digest is what is meant. */
const WORD = /^(.*?)(?::(\w[^:/@]*))?(?:@([^@]+))?$/;

function referenceOf(word: string, text: string): string {
  try {
    return parseReference(text).value;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw new BadImage(`${quote(word)}: ${error.message}`);
  }
}

/** Throws where what comes from `registry` is not kept, or only clients can get it. */
export function refuseUnkept(
  { name, auth, redirects }: { name: string; auth: { mode: string }; redirects: string },
): void {
  if (redirects === "pass") {
    throw new BadImage(
      `${name} sends clients on to its storage (redirects: pass), so Berth keeps nothing of it`,
    );
  }
  if (auth.mode === "client") {
    throw new BadImage(
      `${name} is for clients' own accounts (auth.mode: client): Berth has none to pull with`,
    );
  }
}
