/** A level of the tree is loaded when it is opened. */
import { useSignal } from "@preact/signals";
import type { CachedImage, CachedTag, ImageName } from "../../api/schema/cache.ts";
import { IconButton, IconLink } from "../../components/icon_button.tsx";
import { PinButton } from "../../components/pin.tsx";
import { type Sort, SortHead } from "../../components/table.tsx";
import { countOf, formatCount, mediaTypeName } from "../../web/format.ts";
import { useResource } from "../../web/resource.ts";
import { may } from "../../web/session.ts";
import { tagPath } from "../../web/paths.ts";
import { imagePath } from "../../web/image_path.ts";
import type { Chosen } from "../../web/selection.ts";
import { PullButton } from "../prefetch/button.tsx";
import { ManifestRows } from "./tree_manifest.tsx";
import { Row, Wait } from "./tree_row.tsx";
import { WORDS } from "./words.ts";

export interface TreeActions {
  chosen: Chosen;
  choose: (key: string, value: ImageName | { digest: string }) => void;
  evict: (image: ImageName) => void;
  evictDigest: (digest: string) => void;
  /** Something was pinned or unpinned. */
  changed: () => void;
}

interface TreeProps {
  images: readonly CachedImage[];
  sort: Sort;
  actions: TreeActions;
}

export function Tree({ images, sort, actions }: TreeProps) {
  return (
    <table class="table tree" role="table">
      <caption class="hidden-visually">{WORDS.repositoriesOpenOneForIts}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader" class="fit">
            <span class="hidden-visually">{WORDS.choose2}</span>
          </th>
          <SortHead id="repository" title={WORDS.repository} first="asc" sort={sort} />
          <th scope="col" role="columnheader" class="medium">{WORDS.holds}</th>
          <SortHead id="bytes" title={WORDS.size} first="desc" sort={sort} class="right" />
          <SortHead id="hits" title={WORDS.hits} first="desc" sort={sort} class="right" />
          <SortHead id="lastUsed" title={WORDS.lastUsed} first="desc" sort={sort} class="right" />
          <th scope="col" role="columnheader" class="fit">
            <span class="hidden-visually">{WORDS.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {images.map((image) => (
          <ImageRows
            key={`${image.registry}/${image.repository}`}
            image={image}
            actions={actions}
          />
        ))}
      </tbody>
    </table>
  );
}

function EvictButton({ name, onClick }: { name: string; onClick: () => void }) {
  if (!may("cache")) return null;
  return (
    <IconButton icon="trash" label={WORDS.evict2(name)} title={WORDS.evict} onClick={onClick} />
  );
}

function ImageRows({ image, actions }: { image: CachedImage; actions: TreeActions }) {
  const open = useSignal(false);
  const { registry, repository } = image;
  const name = `${registry}/${repository}`;
  const what = { registry, repository };
  return (
    <>
      <Row
        depth={0}
        choice={{
          label: name,
          checked: actions.chosen.has(name),
          toggle: () => actions.choose(name, what),
        }}
        open={{ value: open.value, toggle: () => open.value = !open.value }}
        name={
          <>
            <span class="muted">{registry}/</span>
            {repository}
          </>
        }
        holds={`${countOf(image.tags, "tag")}, ${countOf(image.blobs, "blob")}`}
        {...image}
        actions={
          <>
            <PinButton
              pinned={image.pinned}
              what={{ images: [what] }}
              name={name}
              onDone={actions.changed}
            />
            <EvictButton name={name} onClick={() => actions.evict(what)} />
          </>
        }
      />
      {open.value && <TagRows registry={registry} repository={repository} actions={actions} />}
    </>
  );
}

interface TagsProps {
  registry: string;
  repository: string;
  actions: TreeActions;
}

/** A repository may have thousands of tags: they come a page at a time. */
function TagRows(props: TagsProps) {
  const pages = useSignal(1);
  return (
    <>
      {Array.from({ length: pages.value }, (_, i) => (
        <TagPage
          key={i}
          {...props}
          page={i + 1}
          more={i + 1 === pages.value ? () => pages.value++ : undefined}
        />
      ))}
    </>
  );
}

function TagPage(
  { registry, repository, actions, page, more }: TagsProps & {
    page: number;
    /** Shows the next page; undefined where it is shown already. */
    more: (() => void) | undefined;
  },
) {
  const tags = useResource("/cache/tags", { query: { registry, repository, page: String(page) } });
  if (!tags.data) return <Wait depth={1} error={tags.error} />;
  const { items, total, limit } = tags.data;
  const left = total - page * limit;
  return (
    <>
      {items.map((tag) => (
        <TagRow
          key={`${tag.tag}@${tag.digest}`}
          tag={tag}
          image={{ registry, repository }}
          actions={actions}
          changed={tags.reload}
        />
      ))}
      {more && left > 0 && (
        <tr role="row" class="depth-1">
          <td role="cell" class="skip-phone" />
          <td role="cell" class="main" colSpan={6}>
            <span class="indent">
              <button type="button" class="button" onClick={more}>
                {WORDS.showMoreOf(formatCount(Math.min(left, limit)), formatCount(total))}
              </button>
            </span>
          </td>
        </tr>
      )}
    </>
  );
}

function TagRow(
  { tag, image, actions, changed }: {
    tag: CachedTag;
    image: ImageName;
    actions: TreeActions;
    changed: () => void;
  },
) {
  const open = useSignal(false);
  const named = tag.tag !== "";
  const name = named ? `${image.repository}:${tag.tag}` : tag.digest;
  const key = `${image.registry}/${image.repository}@${tag.tag || tag.digest}`;
  const value = named ? { ...image, tag: tag.tag } : { digest: tag.digest };
  return (
    <>
      <Row
        depth={1}
        choice={{
          label: name,
          checked: actions.chosen.has(key),
          toggle: () => actions.choose(key, value),
        }}
        open={{ value: open.value, toggle: () => open.value = !open.value }}
        name={named ? tag.tag : <span class="muted">{WORDS.noTag}</span>}
        holds={tag.platforms.length > 0 ? tag.platforms.join(", ") : mediaTypeName(tag.mediaType)}
        {...tag}
        actions={
          <>
            <TagLinks image={image} tag={tag} name={name} />
            <PinButton
              pinned={tag.pinned}
              what={named ? { images: [{ ...image, tag: tag.tag }] } : { digests: [tag.digest] }}
              name={name}
              onDone={changed}
            />
            {named && <PullButton image={`${image.registry}/${name}`} platforms={tag.platforms} />}
            <EvictButton
              name={name}
              onClick={() =>
                named ? actions.evict({ ...image, tag: tag.tag }) : actions.evictDigest(tag.digest)}
            />
          </>
        }
      />
      {open.value && <ManifestRows digest={tag.digest} depth={2} self />}
    </>
  );
}

/** The pages about a tag or digest and about a tag's past. */
function TagLinks({ image, tag, name }: { image: ImageName; tag: CachedTag; name: string }) {
  return (
    <>
      {tag.tag && (
        <IconLink
          icon="clock"
          label={WORDS.historyOf(name)}
          title={WORDS.history}
          href={tagPath(`${image.registry}/${name}`)}
        />
      )}
      <IconLink
        icon="info"
        label={WORDS.about2(name)}
        title={WORDS.aboutThisImage}
        href={imagePath({ ...image, reference: tag.tag || tag.digest })}
      />
    </>
  );
}
