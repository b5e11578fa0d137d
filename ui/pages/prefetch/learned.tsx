/** The tags that are pulled most, kept fresh: what that costs, and what it spares clients. */
import { type Signal, useSignal } from "@preact/signals";
import type { Prefetch, PrefetchLearn } from "../../api/schema/prefetch.ts";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { ErrorLine, Nothing } from "../../components/states.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { toastDetail } from "../../components/toast.tsx";
import { useAction } from "../../web/action.ts";
import { call } from "../../web/client.ts";
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
import { WORDS } from "./words.ts";

type LearnedProps = Pick<Prefetch, "learn" | "elsewhere"> & { onChange: () => void };

export function Learned({ learn, elsewhere, onChange }: LearnedProps) {
  const setting = useSignal(false);
  const { tags, every, looks, totals } = learn;
  return (
    <section class="panel" aria-label={WORDS.learned}>
      <div class="panel-head pull-head">
        <h2>{WORDS.learnedFromPulls}</h2>
        {tags > 0 && (
          <span class="muted small">
            {WORDS.thePulledMostEvery(countOf(tags, "tag"), formatDuration(every))}
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
              {tags > 0 ? WORDS.change : WORDS.turnOn}
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
    return <p class="panel-body muted">{WORDS.noTagThatMayMove}</p>;
  }
  return (
    <Nothing icon="hit" title={WORDS.off}>
      <p>
        {WORDS.berthCanAskForThe}
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
        {WORDS.atTheLastLook(countOf(looks.length, "tag"))}
      </summary>
      {opened.value && (
        <div class="scroll" tabIndex={0} role="region" aria-label={WORDS.tagsThatAreKeptFresh}>
          <Table
            caption={WORDS.tagsThatAreKeptFresh}
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
          <dt>{WORDS.nextLook}</dt>
          <dd>
            {running || nextAt === null
              ? <span class="badge accent">{WORDS.looking}</span>
              : <Due at={nextAt} elsewhere={elsewhere} />}
          </dd>
        </>
      )}
      <dt>{WORDS.cost}</dt>
      <dd>
        {WORDS.ofQuotas(countOf(requests, "request"), formatBytes(bytes), countOf(pulls, "pull"))}
      </dd>
      <dt>{WORDS.saved}</dt>
      <dd>
        {found === 0
          ? WORDS.nothingYet
          : WORDS.foundItHere(countOf(found, "pull"), formatBytes(savedBytes)) +
            (savedMs >= 1000 ? WORDS.aboutOfWaiting(formatRoughly(savedMs)) : "")}
      </dd>
      <dt>{WORDS.looked}</dt>
      <dd title={formatMoment(since)}>
        {WORDS.timesAtATagOf(formatCount(checks), formatCount(moved))}
      </dd>
    </dl>
  );
}

function LookNow({ busy, onChange }: { busy: boolean; onChange: () => void }) {
  const look = async () => {
    try {
      await call("post", "/prefetch/learn/run", {});
    } catch (error) {
      toastDetail(error);
    }
    onChange();
  };
  return (
    <button type="button" class="button" disabled={busy} onClick={look}>
      <Icon name="play" />
      {WORDS.lookNow}
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
    title: WORDS.tag,
    class: "main",
    cell: ({ image }) => <span class="mono break">{image}</span>,
  },
  { id: "pulls", title: WORDS.pulls, class: "right", cell: ({ pulls }) => formatCount(pulls) },
  {
    id: "state",
    title: WORDS.state,
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
  const { busy, error, run } = useAction();
  const set = (count: number) =>
    run(async () => {
      const json = { tags: count, ...(every.value.trim() && { every: every.value.trim() }) };
      await call("put", "/prefetch/learn", { json });
      onDone();
      onClose();
    });
  const submit = (event: Event) => {
    event.preventDefault();
    return set(Number(tags.value));
  };
  return (
    <Dialog
      title={WORDS.learnFromPulls}
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
              {WORDS.turnOff}
            </button>
          )}
          <button type="submit" form="learn" class="button primary" disabled={busy.value}>
            {WORDS.save}
          </button>
        </>
      }
    >
      <form id="learn" class="stack" onSubmit={submit}>
        <LearnFields learn={learn} tags={tags} every={every} />
        <ErrorLine error={error.value} />
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
        label={WORDS.tags}
        hint={WORDS.theMostPulledOnesOf}
        value={tags.value}
        onInput={(value) => tags.value = value}
        required
      />
      <TextField
        label={WORDS.every}
        hint={WORDS.eachIsAskedForBy}
        placeholder={formatDuration(learn.every)}
        value={every.value}
        onInput={(value) => every.value = value}
        mono
      />
    </>
  );
}
