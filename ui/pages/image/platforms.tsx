import type { ImageDetails, ImagePlatform } from "../../api/schema/image.ts";
import { Panel } from "../../components/panel.tsx";
import { Loaded } from "../../components/states.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { formatBytes, formatCount, shortDigest } from "../../web/format.ts";
import { query, withQuery } from "../../web/location.ts";
import { useResource } from "../../web/resource.ts";
import { ConfigPanel } from "./config.tsx";
import { History } from "./history.tsx";
import { WORDS } from "./words.ts";

/** The image for each platform; what is told of the chosen one comes beneath. */
export function Platforms({ image }: { image: ImageDetails }) {
  const { platforms } = image;
  const asked = query.value.get("platform");
  const shown = platforms.find(({ digest, cached }) => cached && digest === asked) ??
    platforms.find(({ cached }) => cached);
  return (
    <>
      <Panel
        title={WORDS.platforms}
        beside={<span class="muted num">{formatCount(platforms.length)}</span>}
      >
        <Table
          caption={WORDS.platforms}
          columns={COLUMNS}
          rows={platforms}
          rowKey={({ digest }) => digest}
          rowClass={({ digest }) => digest === shown?.digest ? "chosen" : ""}
        />
      </Panel>
      {shown && <Configuration key={shown.digest} platform={shown} />}
    </>
  );
}

const COLUMNS: Column<ImagePlatform>[] = [
  {
    id: "platform",
    title: WORDS.platform,
    class: "main",
    cell: ({ platform, digest, cached }) =>
      cached
        ? <a href={withQuery({ platform: digest })}>{platform || WORDS.unknownPlatform}</a>
        : <span class="muted">{platform || WORDS.unknownPlatform}</span>,
  },
  {
    id: "size",
    title: WORDS.size,
    class: "right",
    cell: ({ size }) => size === null ? "–" : formatBytes(size),
  },
  {
    id: "layers",
    title: WORDS.layers,
    class: "right",
    cell: ({ layers }) => layers === null ? "–" : formatCount(layers),
  },
  {
    id: "cached",
    title: WORDS.cached,
    class: "right",
    cell: ({ cached, cachedBytes, size }) => {
      if (!cached) return <span class="muted">{WORDS.notCached}</span>;
      return size !== null && cachedBytes >= size ? WORDS.allCached : formatBytes(cachedBytes);
    },
  },
  {
    id: "digest",
    title: WORDS.digest,
    class: "full skip-phone",
    cell: ({ digest }) => <span class="mono muted" title={digest}>{shortDigest(digest)}</span>,
  },
];

function Configuration({ platform: { digest, platform } }: { platform: ImagePlatform }) {
  const config = useResource("/cache/manifests/:digest/config", { param: { digest } });
  return (
    <Loaded resource={config}>
      {(data) => (
        <>
          <ConfigPanel config={data} platform={platform} />
          <History config={data} />
        </>
      )}
    </Loaded>
  );
}
