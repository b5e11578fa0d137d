/** The rules of the warm list: what they keep, when they run, and how that went. */
import { useSignal } from "@preact/signals";
import type { Prefetch, PrefetchRule } from "../../api/schema/prefetch.ts";
import { Ago } from "../../components/ago.tsx";
import { Icon } from "../../components/icon.tsx";
import { IconButton } from "../../components/icon_button.tsx";
import { Nothing } from "../../components/states.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { toastDetail } from "../../components/toast.tsx";
import { call } from "../../web/client.ts";
import { now } from "../../web/clock.ts";
import {
  countOf,
  formatBytes,
  formatDuration,
  formatMoment,
  formatRate,
  formatRoughly,
} from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { NewRuleDialog } from "./new_rule.tsx";
import { WORDS } from "./words.ts";

export function Rules({ prefetch, onChange }: { prefetch: Prefetch; onChange: () => void }) {
  const adding = useSignal(false);
  const { rules, reserve, elsewhere } = prefetch;
  return (
    <section class="panel" aria-label={WORDS.rules}>
      <div class="panel-head pull-head">
        <h2>{WORDS.keptWarm}</h2>
        <span class="muted small">
          {WORDS.leavesOfEachRegistrysQuota(Math.round(reserve * 100))}
        </span>
        {may("admin") && (
          <span class="actions end">
            <button type="button" class="button" onClick={() => adding.value = true}>
              <Icon name="plus" />
              {WORDS.addRule}
            </button>
          </span>
        )}
      </div>
      {rules.length === 0
        ? (
          <Nothing icon="clock" title={WORDS.noRulesYet}>
            <p>{WORDS.aRulePullsImagesIn}</p>
          </Nothing>
        )
        : (
          <Table
            caption={WORDS.rules}
            columns={columnsFor(elsewhere, onChange)}
            rows={rules}
            rowKey={({ name }) => name}
          />
        )}
      {adding.value && <NewRuleDialog onClose={() => adding.value = false} onDone={onChange} />}
    </section>
  );
}

function columnsFor(elsewhere: boolean, onChange: () => void): Column<PrefetchRule>[] {
  return [
    { id: "name", title: WORDS.rule, class: "main", cell: (rule) => <What rule={rule} /> },
    { id: "when", title: WORDS.when, cell: (rule) => <When rule={rule} elsewhere={elsewhere} /> },
    { id: "last", title: WORDS.lastRun, class: "full", cell: (rule) => <Last rule={rule} /> },
    {
      id: "came",
      title: WORDS.came,
      class: "right",
      cell: ({ last }) => last ? formatBytes(last.came) : <span class="muted">–</span>,
    },
    {
      id: "pulls",
      title: WORDS.quotaSpent,
      class: "right",
      cell: ({ last }) => last ? countOf(last.pulls, "pull") : <span class="muted">–</span>,
    },
    {
      id: "actions",
      title: "",
      class: "fit bare",
      cell: (rule) => <Actions rule={rule} onChange={onChange} />,
    },
  ];
}

function What({ rule }: { rule: PrefetchRule }) {
  const { name, images, platforms, keep, limit, held } = rule;
  const terms = [
    ...(keep > 0 ? [WORDS.newest(keep)] : []),
    ...platforms,
    ...(limit > 0 ? [WORDS.atMost2(formatRate(limit))] : []),
    WORDS.held(countOf(held.length, "image")),
  ];
  const patterns = images.join(" ");
  return (
    <span class="stacked">
      <strong class="break">{name}</strong>
      {patterns !== name && <span class="mono small break">{patterns}</span>}
      <span class="muted small">{terms.join(", ")}</span>
    </span>
  );
}

/** When something is due next, or whose it is then. */
export function Due({ at, elsewhere }: { at: number; elsewhere: boolean }) {
  if (at > now.value) {
    return <span title={formatMoment(at)}>{WORDS.in(formatRoughly(at - now.value))}</span>;
  }
  return <span title={formatMoment(at)}>{elsewhere ? WORDS.anotherBerths : "due"}</span>;
}

function When({ rule, elsewhere }: { rule: PrefetchRule; elsewhere: boolean }) {
  const { every, at, nextAt, running } = rule;
  return (
    <span class="stacked">
      {nextAt === null
        ? <span class="badge accent">{running ? WORDS.pulling : WORDS.lookingForTags}</span>
        : <Due at={nextAt} elsewhere={elsewhere} />}
      <span class="muted small">{WORDS.every2(formatDuration(every), at && `, ${at}`)}</span>
    </span>
  );
}

const ENDS: Record<NonNullable<PrefetchRule["last"]>["state"], [tone: string, text: string]> = {
  done: ["good", "done"],
  failed: ["bad", "failed"],
  cancelled: ["", "cancelled"],
  closed: ["warn", WORDS.itsTimeWasOver],
};

function Last({ rule: { last } }: { rule: PrefetchRule }) {
  if (!last) return <span class="muted">{WORDS.notYet}</span>;
  const [tone, text] = ENDS[last.state];
  return (
    <span class="stacked">
      <span>
        <span class={`badge ${tone}`}>{text}</span> <Ago time={last.endedAt} />
      </span>
      {last.problems.map(({ what, why }) => (
        <span key={what} class="small break">
          <span class="mono">{what}</span>: {why}
        </span>
      ))}
    </span>
  );
}

function Actions({ rule: { name, nextAt }, onChange }: {
  rule: PrefetchRule;
  onChange: () => void;
}) {
  const removing = useSignal(false);
  const act = async (what: () => Promise<unknown>) => {
    try {
      await what();
    } catch (error) {
      toastDetail(error);
    }
    onChange();
  };
  const run = () => act(() => call("post", "/prefetch/run", { json: { name } }));
  const remove = () => act(() => call("delete", "/prefetch/rules", { query: { name } }));
  return (
    <span class="row-actions">
      {may("cache") && nextAt !== null && (
        <IconButton icon="play" label={WORDS.runNow(name)} title={WORDS.runNow2} onClick={run} />
      )}
      {may("admin") && (removing.value
        ? (
          <button type="button" class="button danger" onClick={remove}>
            {WORDS.remove}
          </button>
        )
        : (
          <IconButton
            icon="trash"
            label={WORDS.remove2(name)}
            title={WORDS.remove3}
            onClick={() => removing.value = true}
          />
        ))}
    </span>
  );
}
