/** What lies in the depot, where there is one. */
import { Ago } from "../../components/ago.tsx";
import { Meter } from "../../components/meter.tsx";
import { Panel } from "../../components/panel.tsx";
import { countOf, formatBytes, formatCount, formatShare } from "../../web/format.ts";
import { status } from "../../web/live.ts";
import { WORDS } from "./words.ts";

export function DepotPanel() {
  const depot = status.value?.storage.depot;
  if (!depot) return null;
  const { problem, bytes, objects, maxBytes, queued, lastError } = depot;
  return (
    <Panel title={WORDS.depot} beside={problem && <span class="badge bad">{WORDS.notInUse}</span>}>
      <div class="storage">
        <div class="storage-row">
          <div>
            <span>{countOf(objects, "object")}</span>
            <strong>
              {formatBytes(bytes)}
              <span class="muted">
                {WORDS.of(formatBytes(maxBytes), formatShare(bytes, maxBytes))}
              </span>
            </strong>
          </div>
          <Meter value={bytes} max={maxBytes} label={WORDS.depot} tone="" />
          <span class="muted small num">
            {queued > 0
              ? WORDS.waitingToBePutThere(formatCount(queued))
              : WORDS.nothingWaitsToBePut}
          </span>
        </div>
        {lastError && (
          <span class="small">
            {problem || lastError.message}, <Ago time={lastError.at} />
          </span>
        )}
      </div>
    </Panel>
  );
}
