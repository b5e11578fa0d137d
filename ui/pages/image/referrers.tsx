import type { ImageDetails, Referrer } from "../../api/schema/image.ts";
import { Panel } from "../../components/panel.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { formatBytes, formatCount, shortDigest } from "../../web/format.ts";
import { blobPath } from "../../web/paths.ts";
import { KINDS, WORDS } from "./words.ts";

/** What is about the image: signatures, attestations, SBOMs. */
export function Referrers({ image }: { image: ImageDetails }) {
  const { referrers, digest, platforms } = image;
  const names = new Map(platforms.map(({ digest, platform }) => [digest, platform]));
  const about: Column<Referrer> = {
    id: "subject",
    title: WORDS.subject,
    cell: ({ subject }) => subject === digest ? WORDS.wholeImage : names.get(subject) ?? "",
  };
  return (
    <Panel
      title={WORDS.referrers}
      beside={<span class="muted num">{formatCount(referrers.length)}</span>}
    >
      {referrers.length === 0 ? <p class="panel-note">{WORDS.noReferrers}</p> : (
        <Table
          caption={WORDS.referrers}
          columns={[COLUMNS[0]!, about, ...COLUMNS.slice(1)]}
          rows={referrers}
          rowKey={({ digest }) => digest}
        />
      )}
    </Panel>
  );
}

const COLUMNS: Column<Referrer>[] = [
  {
    id: "kind",
    title: WORDS.kind,
    class: "main",
    cell: ({ kind, artifactType }) => (
      <span class="title-cell">
        <span>{KINDS[kind]}</span>
        {artifactType && <span class="muted small break">{artifactType}</span>}
      </span>
    ),
  },
  {
    id: "size",
    title: WORDS.size,
    class: "right",
    cell: ({ size }) => size === 0 ? "–" : formatBytes(size),
  },
  {
    id: "digest",
    title: WORDS.digest,
    class: "full",
    cell: ({ digest, cached }) =>
      cached
        ? <a class="mono" href={blobPath(digest)}>{shortDigest(digest)}</a>
        : <span class="mono muted">{`${shortDigest(digest)}, ${WORDS.notCached}`}</span>,
  },
];
