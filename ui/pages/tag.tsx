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
import { formatMoment, mediaTypeName } from "../web/format.ts";
import { query } from "../web/location.ts";
import { blobPath, tagPath } from "../web/paths.ts";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";

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
      act(`Frozen ${image}`, () => call("post", "/trust/freeze", { json: { image, digest } })),
    release: (digest) =>
      act("Let through", () => call("post", "/trust/release", { json: { image, digest } })),
    unfreeze: () =>
      act(
        `${image} follows its registry`,
        () => call("delete", "/trust/freeze", { query: { image } }),
      ),
  };
  const frozen = past.data?.frozen;
  return (
    <>
      <PageHead title={image} lead="Every digest that this tag has stood for, newest first.">
        <a class="button" href="/cache/tag">Frozen tags</a>
        {frozen && may("admin") && (
          <button type="button" class="button" onClick={actions.unfreeze}>Unfreeze</button>
        )}
      </PageHead>
      <ErrorLine error={error.value} />
      <section class="panel" aria-label="Digests">
        <Loaded resource={past} lines={4}>
          {({ digests }) =>
            digests.length === 0
              ? (
                <Nothing icon="clock" title="Never seen">
                  <p>Nobody has pulled this tag here within the last year.</p>
                </Nothing>
              )
              : (
                <Table
                  caption={`Digests of ${image}`}
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
      title: "Digest",
      class: "main",
      cell: ({ digest, mediaType, current, whole, heldUntil }) => (
        <span class="title-cell">
          <span class="actions">
            <Digest value={digest} />
            {digest === frozen && <span class="badge">frozen</span>}
            {current && <span class="badge">current</span>}
            {heldUntil !== null && <span class="badge">held back</span>}
          </span>
          <span class="muted small">
            {mediaTypeName(mediaType)}
            {whole ? "" : ", not cached as a whole"}
            {heldUntil === null ? "" : `, held back until ${formatMoment(heldUntil)}`}
          </span>
        </span>
      ),
    },
    { id: "first", title: "First seen", cell: ({ firstSeen }) => <Ago time={firstSeen} /> },
    { id: "last", title: "Last confirmed", cell: ({ lastSeen }) => <Ago time={lastSeen} /> },
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
          {current ? "Freeze" : "Serve this one"}
        </button>
      )}
      {may("admin") && heldUntil !== null && (
        <button
          type="button"
          class="button quiet"
          title={`Held back until ${formatMoment(heldUntil)}`}
          onClick={() => actions.release(digest)}
        >
          Release
        </button>
      )}
      {whole && <a class="button quiet" href={blobPath(digest)}>Details</a>}
    </span>
  );
}

function Decisions() {
  const decisions = useResource("/trust/decisions", {}, { everyMs: 15e3 });
  return (
    <>
      <PageHead
        title="Frozen tags"
        lead="Tags that stand for one digest whatever their registry says, and what was let through although it was new."
      />
      <Loaded resource={decisions} lines={6}>
        {({ frozen, released }) => (
          <>
            <section class="panel" aria-label="Frozen tags">
              {frozen.length === 0
                ? (
                  <Nothing icon="lock" title="No tag is frozen">
                    <p>Open the history of a tag in the cache to freeze it.</p>
                  </Nothing>
                )
                : (
                  <Table
                    caption="Frozen tags"
                    columns={DECIDED}
                    rows={frozen}
                    rowKey={({ image }) => image}
                  />
                )}
            </section>
            {released.length > 0 && (
              <section class="panel" aria-label="Released">
                <h2>Let through although new</h2>
                <Table
                  caption="Released"
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
    title: "Image",
    class: "main",
    cell: ({ image }) => /[*?]/.test(image) ? image : <a href={tagPath(image)}>{image}</a>,
  },
  {
    id: "digest",
    title: "Digest",
    cell: ({ digest }) =>
      digest ? <Digest value={digest} /> : <span class="muted">all known by then</span>,
  },
  { id: "by", title: "By", cell: ({ by }) => by },
  { id: "at", title: "When", cell: ({ at }) => <Ago time={at} /> },
];
