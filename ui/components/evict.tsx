/** Deleting from the cache: says what is removed and what it frees before anything happens. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { EvictionPlan, Selection } from "../api/schema/cache.ts";
import { call } from "../web/client.ts";
import { countOf, formatBytes, mediaTypeName } from "../web/format.ts";
import { refreshStatus } from "../web/live.ts";
import { consequencesOf, evictText } from "../web/selection.ts";
import { Digest } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { CheckField } from "./choice.tsx";
import { Icon } from "./icon.tsx";
import { ErrorLine, Skeleton } from "./states.tsx";
import { toast } from "./toast.tsx";

interface EvictDialogProps {
  /** `Evict docker/library/alpine?` */
  title: string;
  selection: Selection;
  onClose: () => void;
  /** Called after it was done. */
  onDone: () => void;
  /** What narrows the selection, above the plan. */
  children?: ComponentChildren;
}

export function EvictDialog({ title, selection, onClose, onDone, children }: EvictDialogProps) {
  const pinned = useSignal(false);
  const busy = useSignal(false);
  const json: Selection = { ...selection, pinned: pinned.value };
  const { plan, error } = usePlan(json);

  const evict = async () => {
    busy.value = true;
    error.value = undefined;
    try {
      const done = await call("post", "/cache/evictions", { json });
      toast(`Evicted ${countOf(done.digests, "digest")}, ${formatBytes(done.bytes)}`);
      refreshStatus().catch(() => {}); // told by the connection's state
      onDone();
      onClose();
    } catch (reason) {
      error.value = reason;
      busy.value = false;
    }
  };

  const nothing = plan.value !== undefined && plan.value.digests === 0 && plan.value.tags === 0;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="button"
            class="button primary danger"
            disabled={!plan.value || nothing || busy.value}
            onClick={evict}
          >
            {busy.value && <span class="spinner" aria-hidden="true" />}
            {plan.value && !nothing ? evictText(plan.value) : "Evict"}
          </button>
        </>
      }
    >
      {children}
      <ErrorLine error={error.value} />
      {plan.value ? <Plan plan={plan.value} /> : !error.value && <Skeleton lines={3} />}
      {((plan.value?.pinnedDigests ?? 0) > 0 || pinned.value) && (
        <CheckField
          label="Include pinned content"
          checked={pinned.value}
          onInput={(value) => pinned.value = value}
        />
      )}
    </Dialog>
  );
}

/** What evicting `selection` would do, asked for again when it changes; and why asking failed. */
function usePlan(selection: Selection) {
  const plan = useSignal<EvictionPlan | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    plan.value = undefined;
    error.value = undefined;
    call("post", "/cache/evictions/plan", { json: selection }, { signal }).then(
      (answer) => plan.value = answer,
      (reason) => signal.aborted || (error.value = reason),
    );
    return () => controller.abort();
  }, [JSON.stringify(selection)]);
  return { plan, error };
}

function Plan({ plan }: { plan: EvictionPlan }) {
  if (plan.digests === 0 && plan.tags === 0) {
    return (
      <p>
        Nothing to evict{plan.pinnedDigests > 0 &&
          `: all of it is pinned (${countOf(plan.pinnedDigests, "digest")}, ${
            formatBytes(plan.pinnedBytes)
          })`}.
      </p>
    );
  }
  return (
    <>
      <ul class="consequences">
        {consequencesOf(plan).map((line) => (
          <li key={line}>
            <Icon name="info" />
            <span>{line}</span>
          </li>
        ))}
        {plan.pinnedDigests > 0 && (
          <li>
            <Icon name="pin" />
            <span>
              {countOf(plan.pinnedDigests, "digest is", "digests are")}{" "}
              pinned and kept ({formatBytes(plan.pinnedBytes)}).
            </span>
          </li>
        )}
      </ul>
      {plan.largest.length > 0 && <Largest plan={plan} />}
    </>
  );
}

const LISTED = 6;

function Largest({ plan }: { plan: EvictionPlan }) {
  const shown = plan.largest.slice(0, LISTED);
  const rest = plan.digests - shown.length;
  return (
    <details class="panel fold">
      <summary>
        <Icon name="chevron" size={12} />
        <h3>Items to remove</h3>
        <span class="muted">
          {countOf(plan.repositoryCount, "repository", "repositories")}
        </span>
      </summary>
      <ul class="steps panel-body">
        {shown.map(({ digest, size, mediaType, repository }) => (
          <li key={digest}>
            <Icon name="trash" />
            <span>
              <Digest value={digest} />
            </span>
            <span class="num">{formatBytes(size)}</span>
            <span class="text">{mediaTypeName(mediaType)} of {repository}</span>
          </li>
        ))}
        {rest > 0 && (
          <li>
            <span />
            <span class="muted">and {countOf(rest, "smaller one")}</span>
          </li>
        )}
      </ul>
    </details>
  );
}
