/** One image: its platforms, configuration, history, signatures, and how to pull it. */
import { useSignal } from "@preact/signals";
import type { ImageDetails } from "../api/schema/image.ts";
import { Ago } from "../components/ago.tsx";
import { Digest } from "../components/copy.tsx";
import { EvictDialog } from "../components/evict.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Facts } from "../components/panel.tsx";
import { PinButton } from "../components/pin.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { formatBytes, formatCount, shortDigest } from "../web/format.ts";
import { imagePath, type ImageReference, nameOf } from "../web/image_path.ts";
import { navigate } from "../web/location.ts";
import { registryPath, tagPath } from "../web/paths.ts";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";
import { Platforms } from "./image/platforms.tsx";
import { PullPanel } from "./image/pull.tsx";
import { PullButton } from "./prefetch/button.tsx";
import { Referrers } from "./image/referrers.tsx";
import { SITES, WORDS } from "./image/words.ts";

const PARENT = { href: "/cache", text: WORDS.parent };

export function ImagePage(image: ImageReference) {
  const { registry, repository, reference } = image;
  const details = useResource("/cache/image", { query: { registry, repository, reference } });
  return (
    <>
      <PageHead
        title={nameOf({ repository, reference: shortDigest(reference) })}
        parent={PARENT}
        lead={<a href={registryPath(registry)}>{registry}</a>}
      >
        {details.data && <Actions image={details.data} changed={details.reload} />}
      </PageHead>
      <Loaded
        resource={details}
        gone={
          <Nothing icon="cache" title={WORDS.gone}>
            <p>{WORDS.goneWhy}</p>
            <a class="button" href="/cache">{WORDS.all}</a>
          </Nothing>
        }
      >
        {(data) => <Details image={data} />}
      </Loaded>
    </>
  );
}

/** What can be done with the image. */
function Actions({ image, changed }: { image: ImageDetails; changed: () => void }) {
  const evicting = useSignal(false);
  const { registry, repository, tag, digest, page, pinned } = image;
  const full = `${registry}/${repository}`;
  const platforms = image.platforms.filter(({ cached, platform }) => cached && platform !== "")
    .map(({ platform }) => platform);
  const what = { registry, repository, tag };
  const name = nameOf({ repository, reference: tag || shortDigest(digest) });
  return (
    <>
      <a class="button" href={`/activity/pulls?image=${encodeURIComponent(full)}`}>
        {WORDS.pulls}
      </a>
      {tag && <a class="button" href={tagPath(`${full}:${tag}`)}>{WORDS.past}</a>}
      {tag && <PullButton image={`${full}:${tag}`} platforms={platforms} />}
      {page && (
        <a class="button" href={page} target="_blank" rel="noreferrer">
          {SITES[new URL(page).host]}
        </a>
      )}
      <PinButton
        pinned={pinned}
        what={tag ? { images: [what] } : { digests: [digest] }}
        name={name}
        onDone={changed}
      />
      {may("cache") && (
        <button
          type="button"
          class="button danger"
          onClick={() => evicting.value = true}
        >
          <Icon name="trash" />
          {WORDS.evict}
        </button>
      )}
      {evicting.value && (
        <EvictDialog
          title={`Evict ${name}?`}
          selection={tag ? { images: [what] } : { digests: [digest] }}
          onClose={() => evicting.value = false}
          onDone={() => navigate("/cache", { replace: true })}
        />
      )}
    </>
  );
}

function Details({ image }: { image: ImageDetails }) {
  return (
    <>
      <div class="columns even">
        <About image={image} />
        <PullPanel image={image} />
      </div>
      <Platforms key={imagePath({ ...image, reference: image.digest })} image={image} />
      <Referrers image={image} />
    </>
  );
}

function About({ image }: { image: ImageDetails }) {
  return (
    <Facts title={WORDS.about}>
      <dt>{WORDS.digest}</dt>
      <dd>
        <Digest value={image.digest} short={false} />
      </dd>
      <dt>{WORDS.mediaType}</dt>
      <dd>
        <code>{image.mediaType}</code>
      </dd>
      <dt>{WORDS.cached}</dt>
      <dd class="num">{formatBytes(image.bytes)}</dd>
      <dt>{WORDS.hits}</dt>
      <dd class="num">{formatCount(image.hits)}</dd>
      <dt>{WORDS.lastUsed}</dt>
      <dd>
        <Ago time={image.lastUsed} />
      </dd>
      {image.tag && (
        <>
          <dt>{WORDS.checked}</dt>
          <dd>
            <Ago time={image.checkedAt} />
          </dd>
        </>
      )}
      <dt>{WORDS.pinned}</dt>
      <dd>{image.pinned ? WORDS.isPinned : WORDS.notPinned}</dd>
    </Facts>
  );
}
