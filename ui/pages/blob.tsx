/** One digest: what it is, who uses it, what it holds. */
import { useSignal } from "@preact/signals";
import type { BlobDetails, Content } from "../api/schema/cache.ts";
import { Ago } from "../components/ago.tsx";
import { Digest } from "../components/copy.tsx";
import { EvictDialog } from "../components/evict.tsx";
import { Icon } from "../components/icon.tsx";
import { Facts, Panel } from "../components/panel.tsx";
import { PinButton } from "../components/pin.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { toast, toastError } from "../components/toast.tsx";
import { call } from "../web/client.ts";
import {
  formatBytes,
  formatCount,
  formatMoment,
  mediaTypeName,
  platformName,
  shortDigest,
} from "../web/format.ts";
import { navigate } from "../web/location.ts";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";
import { imagePath } from "../web/image_path.ts";
import { blobPath } from "../web/paths.ts";
import { WORDS } from "./cache/words.ts";

const PARENT = { href: "/cache/blobs", text: WORDS.cache };

export function BlobPage({ digest }: { digest: string }) {
  const blob = useResource("/cache/blobs/:digest", { param: { digest } });
  const evicting = useSignal(false);
  return (
    <>
      <PageHead
        title={shortDigest(digest)}
        parent={PARENT}
        lead={blob.data && `${mediaTypeName(blob.data.mediaType)}, ${formatBytes(blob.data.size)}`}
      >
        {blob.data && may("cache") && (
          <>
            <PinButton
              pinned={blob.data.pinned}
              what={{ digests: [digest] }}
              name={digest}
              onDone={blob.reload}
            />
            <button type="button" class="button" onClick={() => verify(digest, blob.reload)}>
              <Icon name="ok" />
              {WORDS.verify}
            </button>
            <button type="button" class="button danger" onClick={() => evicting.value = true}>
              <Icon name="trash" />
              {WORDS.evict}
            </button>
          </>
        )}
      </PageHead>
      <Loaded
        resource={blob}
        gone={
          <Nothing icon="cache" title={WORDS.thisDigestIsNotIn}>
            <p>{WORDS.itWasNeverPulledThrough}</p>
            <a class="button" href="/cache/blobs">{WORDS.allDigests}</a>
          </Nothing>
        }
      >
        {(data) => <Details blob={data} />}
      </Loaded>
      {evicting.value && (
        <EvictDialog
          title={`Evict ${shortDigest(digest)}?`}
          selection={{ digests: [digest] }}
          onClose={() => evicting.value = false}
          onDone={() => navigate("/cache/blobs", { replace: true })}
        />
      )}
    </>
  );
}

async function verify(digest: string, done: () => void): Promise<void> {
  try {
    await call("post", "/cache/verify", { json: { digests: [digest] } });
    toast(WORDS.checkingItsContentAgainstThe);
    done();
  } catch (error) {
    toastError(error);
  }
}

function Details({ blob }: { blob: BlobDetails }) {
  const manifest = blob.kind === "manifest" || blob.kind === "index";
  return (
    <>
      <div class="columns even">
        <Facts title={WORDS.about}>
          <dt>{WORDS.digest}</dt>
          <dd>
            <Digest value={blob.digest} short={false} />
          </dd>
          <dt>{WORDS.mediaType}</dt>
          <dd>
            <code>{blob.mediaType || WORDS.notKnown}</code>
          </dd>
          <dt>{WORDS.size}</dt>
          <dd class="num">
            {formatBytes(blob.size)}{" "}
            <span class="muted">({formatCount(blob.size)} {WORDS.bytes}</span>
          </dd>
          <dt>{WORDS.hits}</dt>
          <dd class="num">{formatCount(blob.hits)}</dd>
          <dt>{WORDS.lastUsed}</dt>
          <dd>
            <Ago time={blob.lastUsed} />
          </dd>
          <dt>{WORDS.stored}</dt>
          <dd>{formatMoment(blob.created)}</dd>
          <dt>{WORDS.verified}</dt>
          <dd>
            <Ago time={blob.verifiedAt} never={WORDS.whenItWasStored} />
          </dd>
          <dt>{WORDS.pinned}</dt>
          <dd>{blob.pinned ? WORDS.yesItIsNeverEvicted : WORDS.no}</dd>
        </Facts>
        <Panel
          title={WORDS.usedBy}
          beside={<span class="muted num">{formatCount(blob.repositoryCount)}</span>}
        >
          <Uses blob={blob} />
        </Panel>
      </div>
      {manifest && <Holds digest={blob.digest} />}
    </>
  );
}

function Uses({ blob }: { blob: BlobDetails }) {
  if (blob.repositories.length === 0) {
    return <p class="panel-note">{WORDS.noRepositoryUsesItAny}</p>;
  }
  return (
    <ul class="steps panel-body">
      {blob.repositories.map((name) => {
        const [registry = "", ...rest] = name.split("/");
        const repository = rest.join("/");
        const tags = blob.tags.filter((tag) => tag.startsWith(`${name}:`));
        return (
          <li key={name}>
            <Icon name="cache" />
            <a
              class="break"
              href={`/cache?registry=${registry}&q=${encodeURIComponent(repository)}`}
            >
              {name}
            </a>
            <span />
            {tags.length > 0 && (
              <span class="text">
                {WORDS.tags}{" "}
                {tags.map((tag) => tag.slice(name.length + 1)).map((reference, i) => (
                  <span key={reference}>
                    {i > 0 && ", "}
                    <a href={imagePath({ registry, repository, reference })}>{reference}</a>
                  </span>
                ))}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

const CONTENT: Column<Content>[] = [
  {
    id: "digest",
    title: WORDS.digest,
    class: "main",
    cell: ({ digest, cached }) =>
      cached
        ? <a class="mono" href={blobPath(digest)}>{shortDigest(digest)}</a>
        : <span class="mono muted">{shortDigest(digest)}</span>,
  },
  {
    id: "kind",
    title: WORDS.holds,
    cell: ({ platform, mediaType }) => platformName(platform) || mediaTypeName(mediaType),
  },
  { id: "size", title: WORDS.size, class: "right", cell: ({ size }) => formatBytes(size) },
  {
    id: "hits",
    title: WORDS.hits,
    class: "right",
    cell: ({ hits, cached }) => cached ? formatCount(hits) : "–",
  },
  {
    id: "lastUsed",
    title: WORDS.lastUsed,
    class: "right",
    cell: ({ lastUsed, cached }) =>
      cached ? <Ago time={lastUsed} /> : <span class="muted">{WORDS.notCached}</span>,
  },
];

function Holds({ digest }: { digest: string }) {
  const manifest = useResource("/cache/manifests/:digest", { param: { digest } });
  return (
    <Panel title={WORDS.holds}>
      <Loaded resource={manifest}>
        {({ manifests, config, layers }) => (
          <Table
            caption={WORDS.whatItNames}
            columns={CONTENT}
            rows={[...manifests, ...(config ? [config] : []), ...layers]}
            rowKey={(content) => content.digest}
          />
        )}
      </Loaded>
    </Panel>
  );
}
