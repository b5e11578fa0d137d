/** What Berth pulls itself, before a client asks: begun here, and watched. */
import { useSignal } from "@preact/signals";
import type { PullSummary } from "../api/schema/own_pulls.ts";
import { Loaded, Nothing } from "../components/states.tsx";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";
import { CacheHead, CacheViews } from "./cache/head.tsx";
import { Learned } from "./prefetch/learned.tsx";
import { NewPull } from "./prefetch/new.tsx";
import { Rules } from "./prefetch/rules.tsx";
import { PullPanel } from "./prefetch/pull.tsx";
import { WORDS } from "./prefetch/words.ts";

/** Milliseconds between two looks at what runs. */
const EVERY = 1000;

export function Prefetch() {
  const pulls = useResource("/pulls/running", {}, { everyMs: EVERY });
  const prefetch = useResource("/prefetch", {}, { everyMs: 2 * EVERY });
  const opened = useSignal("");
  const begun = (id: string) => {
    opened.value = id;
    pulls.reload();
  };
  return (
    <>
      <CacheHead onChange={() => {}} />
      <div>
        <CacheViews />
      </div>
      {may("cache") && <NewPull onBegun={begun} />}
      {prefetch.data && (
        <>
          <Rules prefetch={prefetch.data} onChange={prefetch.reload} />
          <Learned {...prefetch.data} onChange={prefetch.reload} />
        </>
      )}
      <Loaded resource={pulls} lines={4}>
        {({ items }) =>
          items.length === 0 ? <NoPulls /> : (
            <>
              {items.map((pull: PullSummary) => (
                <PullPanel
                  key={pull.id}
                  pull={pull}
                  open={opened.value === pull.id}
                  onToggle={() => opened.value = opened.value === pull.id ? "" : pull.id}
                  onChange={pulls.reload}
                />
              ))}
            </>
          )}
      </Loaded>
    </>
  );
}

function NoPulls() {
  return (
    <section class="panel" aria-label={WORDS.pulls}>
      <Nothing icon="fetch" title={WORDS.nothingWasPulledAheadOf}>
        <p>{WORDS.anImageThatIsPulled}</p>
      </Nothing>
    </section>
  );
}
