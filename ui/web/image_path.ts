/** Paths of images' pages: `/cache/images/docker/library/alpine:3.22`, `…/alpine@sha256:…`. */

export interface ImageReference {
  registry: string;
  repository: string;
  /** A tag or a digest. */
  reference: string;
}

/** `library/alpine:3.22`, `library/alpine@sha256:…`. */
export function nameOf({ repository, reference }: Omit<ImageReference, "registry">): string {
  return `${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
}

/** Path of an image's page. */
export function imagePath(image: ImageReference): string {
  const name = nameOf(image).split("/").map(encodeURIComponent).join("/");
  return `/cache/images/${encodeURIComponent(image.registry)}/${name.replaceAll("%3A", ":")}`;
}

/** What follows the registry in such a path, decoded: a repository, and its tag or digest. */
export function parseName(name: string): Omit<ImageReference, "registry"> {
  const [, repository = name, reference = "latest"] =
    /^(.*?)(?:@([^@/]*)|:([^:/]*))$/.exec(name)?.filter((part) => part !== undefined) ?? [];
  return { repository, reference };
}
