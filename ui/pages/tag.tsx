/** What a tag has stood for, freezing it, and every decision of that kind. */
import { useSignal } from "@preact/signals";
import type { DecisionsView, TagPastView } from "../api/schema/trust.ts";
import { Ago } from "../components/ago.tsx";
import { Digest } from "../components/copy.tsx";
import { PageHead } from "../components/page_head.tsx";
import { ErrorLine, Loaded, Nothing } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { toast } from "../components/toast.tsx";
import { call } from "../web/client.ts";
import { formatBytes, formatMoment, mediaTypeName } from "../web/format.ts";
import { query } from "../web/location.ts";
import { blobPath, tagPath } from "../web/paths.ts";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";
import { WORDS } from "./cache/words.ts";

export function TagPage() {
  const image = query.value.get("image") ?? "";
  return image === "" ? <Decisions /> : <Past key={image} image={image} />;
}

function Past({ image }: { image: string }) {
  const past = useResource("/trust/history", { query: { image } }, { everyMs: 15e3 });
  const error = useSignal<unknown>(undefined);
  const act = async (done: string, work: () => Promise<unknown>) => {
    error.value = undefined;
    try {
      await work();
      toast(done);
    } catch (reason) {
      error.value = reason;
    }
    past.reload();
  };
  const actions: Actions = {
    freeze: (digest) =>
      act(WORDS.frozen(image), () => call("post", "/trust/freeze", { json: { image, digest } })),
    release: (digest) =>
      act(WORDS.letThrough, () => call("post", "/trust/release", { json: { image, digest } })),
    unfreeze: () =>
      act(
        WORDS.followsItsRegistry(image),
        () => call("delete", "/trust/freeze", { query: { image } }),
      ),
  };
  const frozen = past.data?.frozen;
  return (
    <>
      <PageHead title={image} lead={WORDS.everyDigestThatThisTag}>
        <a class="button" href="/cache/tag">{WORDS.frozenTags}</a>
        {frozen && may("admin") && (
          <button type="button" class="button" onClick={actions.unfreeze}>{WORDS.unfreeze}</button>
        )}
      </PageHead>
      <ErrorLine error={error.value} />
      <section class="panel" aria-label={WORDS.digests}>
        <Loaded resource={past} lines={4}>
          {({ digests }) =>
            digests.length === 0
              ? (
                <Nothing icon="clock" title={WORDS.neverSeen}>
                  <p>{WORDS.nobodyHasPulledThisTag}</p>
                </Nothing>
              )
              : (
                <Table
                  caption={WORDS.digestsOf(image)}
                  columns={columnsFor(frozen ?? undefined, actions)}
                  rows={digests}
                  rowKey={({ digest }) => digest}
                />
              )}
        </Loaded>
      </section>
    </>
  );
}

type PastDigest = TagPastView["digests"][number];

interface Actions {
  freeze: (digest: string) => void;
  release: (digest: string) => void;
  unfreeze: () => void;
}

function columnsFor(frozen: string | undefined, actions: Actions): Column<PastDigest>[] {
  return [
    {
      id: "digest",
      title: WORDS.digest,
      class: "main",
      cell: ({ digest, mediaType, bytes, platforms, current, whole, heldUntil }) => (
        <span class="title-cell">
          <span class="actions">
            <Digest value={digest} />
            {digest === frozen && <span class="badge">{WORDS.frozen2}</span>}
            {current && <span class="badge">{WORDS.current}</span>}
            {heldUntil !== null && <span class="badge">{WORDS.heldBack}</span>}
          </span>
          <span class="muted small">
            {[
              mediaTypeName(mediaType),
              ...bytes === null ? [] : [formatBytes(bytes)],
              ...platforms,
            ].join(", ")}
            {whole ? "" : WORDS.notCachedAsAWhole}
            {heldUntil === null ? "" : WORDS.heldBackUntil(formatMoment(heldUntil))}
          </span>
        </span>
      ),
    },
    {
      id: "first",
      title: WORDS.firstSeen,
      cell: ({ firstSeen, seenBy }) => (
        <>
          <Ago time={firstSeen} />
          {seenBy && <div class="muted small">{WORDS.seenBy[seenBy]}</div>}
        </>
      ),
    },
    { id: "last", title: WORDS.lastConfirmed, cell: ({ lastSeen }) => <Ago time={lastSeen} /> },
    {
      id: "open",
      title: "",
      class: "fit right",
      cell: (row) => <RowActions row={row} frozen={frozen} actions={actions} />,
    },
  ];
}

function RowActions(
  { row: { digest, current, whole, heldUntil }, frozen, actions }: {
    row: PastDigest;
    frozen: string | undefined;
    actions: Actions;
  },
) {
  return (
    <span class="actions">
      {may("admin") && whole && digest !== frozen && (
        <button
          type="button"
          class="button quiet"
          onClick={() => actions.freeze(digest)}
        >
          {current ? WORDS.freeze : WORDS.serveThisOne}
        </button>
      )}
      {may("admin") && heldUntil !== null && (
        <button
          type="button"
          class="button quiet"
          title={WORDS.heldBackUntil2(formatMoment(heldUntil))}
          onClick={() => actions.release(digest)}
        >
          {WORDS.release}
        </button>
      )}
      {whole && <a class="button quiet" href={blobPath(digest)}>{WORDS.details}</a>}
    </span>
  );
}

function Decisions() {
  const decisions = useResource("/trust/decisions", {}, { everyMs: 15e3 });
  return (
    <>
      <PageHead
        title={WORDS.frozenTags}
        lead={WORDS.tagsThatStandForOne}
      />
      <Loaded resource={decisions} lines={6}>
        {({ frozen, released }) => (
          <>
            <section class="panel" aria-label={WORDS.frozenTags}>
              {frozen.length === 0
                ? (
                  <Nothing icon="lock" title={WORDS.noTagIsFrozen}>
                    <p>{WORDS.openTheHistoryOfA}</p>
                  </Nothing>
                )
                : (
                  <Table
                    caption={WORDS.frozenTags}
                    columns={DECIDED}
                    rows={frozen}
                    rowKey={({ image }) => image}
                  />
                )}
            </section>
            {released.length > 0 && (
              <section class="panel" aria-label={WORDS.released}>
                <h2>{WORDS.letThroughAlthoughNew}</h2>
                <Table
                  caption={WORDS.released}
                  columns={DECIDED}
                  rows={released}
                  rowKey={({ image, digest }) => `${image} ${digest}`}
                />
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

type Decision = DecisionsView["frozen"][number] | DecisionsView["released"][number];

const DECIDED: Column<Decision>[] = [
  {
    id: "image",
    title: WORDS.image,
    class: "main",
    cell: ({ image }) => /[*?]/.test(image) ? image : <a href={tagPath(image)}>{image}</a>,
  },
  {
    id: "digest",
    title: WORDS.digest,
    cell: ({ digest }) =>
      digest ? <Digest value={digest} /> : <span class="muted">{WORDS.allKnownByThen}</span>,
  },
  { id: "by", title: WORDS.by, cell: ({ by }) => by },
  { id: "at", title: WORDS.when, cell: ({ at }) => <Ago time={at} /> },
];
