/** The tags that are pulled most, kept fresh: what that costs, and what it spares clients. */
import { type Signal, useSignal } from "@preact/signals";
import type { Prefetch, PrefetchLearn } from "../../api/schema/prefetch.ts";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { ErrorLine, Nothing } from "../../components/states.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { call, messageOf } from "../../web/client.ts";
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  formatRoughly,
} from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { Due } from "./rules.tsx";

type LearnedProps = Pick<Prefetch, "learn" | "elsewhere"> & { onChange: () => void };

export function Learned({ learn, elsewhere, onChange }: LearnedProps) {
  const setting = useSignal(false);
  const { tags, every, looks, totals } = learn;
  return (
    <section class="panel" aria-label="Learned">
      <div class="panel-head pull-head">
        <h2>Learned from pulls</h2>
        {tags > 0 && (
          <span class="muted small">
            {`The ${countOf(tags, "tag")} pulled most, every ${formatDuration(every)}`}
          </span>
        )}
        <span class="actions end">
          {tags > 0 && may("cache") && <LookNow busy={learn.running} onChange={onChange} />}
          {may("admin") && (
            <button
              type="button"
              class="button"
              onClick={() => setting.value = true}
            >
              {tags > 0 ? "Change…" : "Turn on…"}
            </button>
          )}
        </span>
      </div>
      {totals.checks > 0 && <Balance learn={learn} elsewhere={elsewhere} />}
      {totals.checks === 0 && <NothingYet on={tags > 0} />}
      {looks.length > 0 && <Looks looks={looks} />}
      {setting.value && (
        <LearnDialog
          learn={learn}
          onClose={() => setting.value = false}
          onDone={onChange}
        />
      )}
    </section>
  );
}

function NothingYet({ on }: { on: boolean }) {
  if (on) {
    return (
      <p class="panel-body muted">No tag that may move was pulled within the last seven days.</p>
    );
  }
  return (
    <Nothing icon="hit" title="Off">
      <p>
        Berth can ask for the tags that are pulled most by itself, and fetch what has moved before
        the next client comes.
      </p>
    </Nothing>
  );
}

function Looks({ looks }: Pick<PrefetchLearn, "looks">) {
  const opened = useSignal(false);
  return (
    <details
      class="figures"
      onToggle={({ currentTarget }) => opened.value = currentTarget.open}
    >
      <summary>
        <Icon name="chevron" size={12} />
        {`${countOf(looks.length, "tag")} at the last look`}
      </summary>
      {opened.value && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Tags that are kept fresh">
          <Table
            caption="Tags that are kept fresh"
            columns={COLUMNS}
            rows={looks}
            rowKey={({ image }) =>
              image}
          />
        </div>
      )}
    </details>
  );
}

function Balance({ learn, elsewhere }: Pick<LearnedProps, "learn" | "elsewhere">) {
  const { tags, nextAt, running, totals } = learn;
  const { since, checks, moved, requests, pulls, bytes, found, savedBytes, savedMs } = totals;
  return (
    <dl class="facts panel-body">
      {tags > 0 && (
        <>
          <dt>Next look</dt>
          <dd>
            {running || nextAt === null
              ? <span class="badge accent">Looking</span>
              : <Due at={nextAt} elsewhere={elsewhere} />}
          </dd>
        </>
      )}
      <dt>Cost</dt>
      <dd>
        {`${countOf(requests, "request")}, ${formatBytes(bytes)}, ${
          countOf(pulls, "pull")
        } of quotas`}
      </dd>
      <dt>Saved</dt>
      <dd>
        {found === 0
          ? "nothing yet"
          : `${countOf(found, "pull")} found it here: ${formatBytes(savedBytes)}` +
            (savedMs >= 1000 ? `, about ${formatRoughly(savedMs)} of waiting` : "")}
      </dd>
      <dt>Looked</dt>
      <dd title={formatMoment(since)}>
        {`${formatCount(checks)} times at a tag, of which ${formatCount(moved)} had moved`}
      </dd>
    </dl>
  );
}

function LookNow({ busy, onChange }: { busy: boolean; onChange: () => void }) {
  const look = async () => {
    try {
      await call("post", "/prefetch/learn/run", {});
    } catch (error) {
      const { title, detail } = messageOf(error);
      toast(detail || title, true);
    }
    onChange();
  };
  return (
    <button type="button" class="button" disabled={busy} onClick={look}>
      <Icon name="play" />
      Look now
    </button>
  );
}

const STATES: Record<PrefetchLearn["looks"][number]["state"], string> = {
  waiting: "to come",
  same: "has not moved",
  running: "coming",
  fetched: "had moved, is here now",
  skipped: "left to clients",
  failed: "failed",
};

const COLUMNS: Column<PrefetchLearn["looks"][number]>[] = [
  {
    id: "image",
    title: "Tag",
    class: "main",
    cell: ({ image }) => <span class="mono break">{image}</span>,
  },
  { id: "pulls", title: "Pulls", class: "right", cell: ({ pulls }) => formatCount(pulls) },
  {
    id: "state",
    title: "State",
    cell: ({ state, error }) => (
      <span class={`break ${state === "failed" ? "tone-bad" : ""}`}>
        {STATES[state] + (error && `: ${error}`)}
      </span>
    ),
  },
];

function LearnDialog({ learn, onClose, onDone }: {
  learn: PrefetchLearn;
  onClose: () => void;
  onDone: () => void;
}) {
  const tags = useSignal(String(learn.tags || 50));
  const every = useSignal("");
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const set = async (count: number) => {
    busy.value = true;
    error.value = undefined;
    try {
      const json = { tags: count, ...(every.value.trim() && { every: every.value.trim() }) };
      await call("put", "/prefetch/learn", { json });
      onDone();
      onClose();
    } catch (reason) {
      error.value = reason;
    }
    busy.value = false;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    return set(Number(tags.value));
  };
  return (
    <Dialog
      title="Learn from pulls"
      onClose={onClose}
      foot={
        <>
          {learn.tags > 0 && (
            <button
              type="button"
              class="button"
              disabled={busy.value}
              onClick={() => set(0)}
            >
              Turn off
            </button>
          )}
          <button type="submit" form="learn" class="button primary" disabled={busy.value}>
            Save
          </button>
        </>
      }
    >
      <form id="learn" class="stack" onSubmit={submit}>
        <LearnFields learn={learn} tags={tags} every={every} />
        {error.value !== undefined && <ErrorLine error={error.value} />}
      </form>
    </Dialog>
  );
}

function LearnFields({ learn, tags, every }: {
  learn: PrefetchLearn;
  tags: Signal<string>;
  every: Signal<string>;
}) {
  return (
    <>
      <TextField
        label="Tags"
        hint="The most pulled ones of the last seven days."
        value={tags.value}
        onInput={(value) => tags.value = value}
        required
      />
      <TextField
        label="Every"
        hint="Each is asked for by HEAD, and only what has moved is fetched."
        placeholder={formatDuration(learn.every)}
        value={every.value}
        onInput={(value) => every.value = value}
        mono
      />
    </>
  );
}
