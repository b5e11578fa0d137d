import { shortDigest } from "../web/format.ts";

interface ImageNameProps {
  registry: string;
  repository: string;
  /** Tag or digest; empty where it is about the repository. */
  reference: string;
}

/** `docker/library/alpine:3.22`, with the repository standing out. */
export function ImageName({ registry, repository, reference }: ImageNameProps) {
  return (
    <>
      <span class="muted">{registry}/</span>
      {repository}
      {reference && (
        <span class="muted">
          {reference.includes(":") ? "@" : ":"}
          {shortDigest(reference)}
        </span>
      )}
    </>
  );
}
