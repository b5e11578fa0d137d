import { useSteady } from "../../components/steady.ts";
import { ImageName } from "../../components/image_name.tsx";
import { HttpStatus, Result } from "../../components/health.tsx";
import { isFailure } from "../../web/results.ts";
import { formatBytes, formatClock, formatDuration } from "../../web/format.ts";
import { recent } from "../../web/live.ts";
import { requestPath } from "../../web/paths.ts";
import { WORDS } from "./later_words.ts";

const SHOWN = 8;

/** The latest requests that are about an image; all of them are on the Activity page. */
export function Latest({ at }: { at: string }) {
  const { value: rows, over } = useSteady(
    recent.value.filter(({ repository }) => repository !== "").slice(0, SHOWN),
  );
  return (
    <section class="panel" aria-label={WORDS.latestRequests}>
      <div class="panel-head">
        <h2>{WORDS.latestRequests}{at}</h2>
        <a href="/activity">{WORDS.allActivity}</a>
      </div>
      {rows.length === 0
        ? <p class="panel-note">{WORDS.noneSinceBerthStarted}</p>
        : (
          <ul class="requests" {...over}>
            {rows.map((entry) => (
              <li key={entry.id}>
                <a href={requestPath(entry.id)}>
                  <time class="muted">{formatClock(entry.time)}</time>
                  <span class="name">
                    <ImageName {...entry} />
                  </span>
                  {isFailure(entry)
                    ? <HttpStatus status={entry.status} ended={entry.ended} />
                    : <Result result={entry.cache} />}
                  <span class="num muted nowrap">{formatBytes(entry.bytes)}</span>
                  <span class="num muted nowrap">{formatDuration(entry.durationMs)}</span>
                </a>
              </li>
            ))}
          </ul>
        )}
    </section>
  );
}
