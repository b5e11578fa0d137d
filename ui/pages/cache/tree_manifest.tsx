/** What is beneath a tag: manifests, and what they name. */
import { useSignal } from "@preact/signals";
import type { Content } from "../../api/schema/cache.ts";
import { Digest } from "../../components/copy.tsx";
import { mediaTypeName, platformName } from "../../web/format.ts";
import { blobPath } from "../../web/paths.ts";
import { useResource } from "../../web/resource.ts";
import { Row, Wait } from "./tree_row.tsx";

/** What the manifest or index `digest` names; with `self`, itself first. */
export function ManifestRows(
  { digest, depth, self = false }: { digest: string; depth: number; self?: boolean },
) {
  const manifest = useResource("/cache/manifests/:digest", { param: { digest } });
  if (!manifest.data) return <Wait depth={depth} error={manifest.error} />;
  const { kind, mediaType, size, hits, lastUsed, manifests, config, layers } = manifest.data;
  return (
    <>
      {self && (
        <ContentRow
          depth={depth}
          content={{
            digest,
            mediaType,
            size,
            total: size,
            platform: "",
            cached: true,
            hits,
            lastUsed,
          }}
        />
      )}
      {kind === "index"
        ? manifests.map((content) => (
          <PlatformRow key={content.digest} content={content} depth={depth} />
        ))
        : [...(config ? [config] : []), ...layers].map((content, i) => (
          <ContentRow key={`${i} ${content.digest}`} content={content} depth={depth} />
        ))}
    </>
  );
}

function PlatformRow({ content, depth }: { content: Content; depth: number }) {
  const open = useSignal(false);
  return (
    <>
      <Row
        depth={depth}
        open={content.cached
          ? { value: open.value, toggle: () => open.value = !open.value }
          : undefined}
        name={platformName(content.platform) || mediaTypeName(content.mediaType)}
        holds={<Digest value={content.digest} />}
        bytes={content.total}
        hits={content.cached ? content.hits : null}
        lastUsed={content.lastUsed}
        absent={!content.cached}
      />
      {open.value && <ManifestRows digest={content.digest} depth={depth + 1} />}
    </>
  );
}

function ContentRow({ content, depth }: { content: Content; depth: number }) {
  const name = mediaTypeName(content.mediaType);
  return (
    <Row
      depth={depth}
      name={content.cached ? <a href={blobPath(content.digest)}>{name}</a> : name}
      holds={<Digest value={content.digest} />}
      bytes={content.size}
      hits={content.cached ? content.hits : null}
      lastUsed={content.lastUsed}
      absent={!content.cached}
    />
  );
}
