/** One request: what was asked, what was decided, where the time went. */
import type { RequestDetails, RequestEntry } from "../api/schema/activity.ts";
import { HttpStatus, Result } from "../components/health.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Facts, Panel } from "../components/panel.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import {
  explainCache,
  explainFailure,
  explainTransfer,
  explainUpstream,
  isPolicy,
  stretchesOf,
} from "../web/explain.ts";
import { isFailure } from "../web/results.ts";
import { formatBytes, formatDuration, formatMoment } from "../web/format.ts";
import { useResource } from "../web/resource.ts";
import { imagePath } from "../web/image_path.ts";
import { blobPath, registryPath, tagPath } from "../web/paths.ts";
import { titleOf } from "./activity/columns.tsx";
import { WORDS } from "./activity/words.ts";

const PARENT = { href: "/activity", text: WORDS.activity };

export function RequestPage({ id }: { id: string }) {
  const request = useResource("/activity/:id", { param: { id } });
  return (
    <>
      <PageHead
        title={request.data ? titleOf(request.data) : WORDS.request}
        parent={PARENT}
        lead={request.data && formatMoment(request.data.time)}
      />
      <Loaded
        resource={request}
        gone={
          <Nothing icon="activity" title={WORDS.thisRequestIsNoLonger}>
            <p>{WORDS.theLogKeepsTheLatest}</p>
            <a class="button" href="/activity">{WORDS.allActivity}</a>
          </Nothing>
        }
      >
        {(data) => <Details entry={data} />}
      </Loaded>
    </>
  );
}

function Details({ entry }: { entry: RequestDetails }) {
  return (
    <>
      {isFailure(entry) && <FailureNotice entry={entry} />}
      <Panel title={WORDS.whatHappened} beside={<Result result={entry.cache} />}>
        <div class="panel-body stack">
          <p>{explainCache(entry)} {explainTransfer(entry)}</p>
          <Timeline entry={entry} />
        </div>
      </Panel>
      <div class="columns even">
        <RequestFacts entry={entry} />
        <AnswerFacts entry={entry} />
      </div>
    </>
  );
}

function FailureNotice({ entry }: { entry: RequestEntry }) {
  return (
    <div class={`notice ${entry.status >= 500 || entry.status === 429 ? "error" : "warning"}`}>
      <Icon name={entry.status >= 500 ? "bad" : "warn"} />
      <div class="notice-text">
        <strong>{entry.error ? `${entry.status} ${entry.error}` : `${entry.status}`}</strong>
        <p class="break">{explainFailure(entry)}</p>
      </div>
      {isPolicy(entry) && <PolicyLinks entry={entry} />}
      {entry.registry && entry.status >= 500 && (
        <a class="button go" href={registryPath(entry.registry)}>{WORDS.test} {entry.registry}</a>
      )}
    </div>
  );
}

/** Where what was decided can be looked at, and changed by who may. */
function PolicyLinks({ entry }: { entry: RequestEntry }) {
  const { registry, repository, reference } = entry;
  const tag = reference && !reference.includes(":");
  return (
    <span class="actions go">
      {tag && (
        <a class="button" href={tagPath(`${registry}/${repository}:${reference}`)}>
          {WORDS.historyOfTheTag}
        </a>
      )}
      <a class="button" href="/settings/policy">{WORDS.policy}</a>
    </span>
  );
}

function RequestFacts({ entry }: { entry: RequestDetails }) {
  return (
    <Facts title={WORDS.request}>
      <dt>{WORDS.requested}</dt>
      <dd>
        <code>{entry.method} {entry.path}</code>
      </dd>
      <dt>{WORDS.registry}</dt>
      <dd>
        {entry.registry
          ? <a href={registryPath(entry.registry)}>{entry.registry}</a>
          : <span class="muted">{WORDS.noneNamed}</span>}
      </dd>
      {entry.repository && (
        <>
          <dt>{WORDS.repository}</dt>
          <dd>
            <a href={`/activity?q=${encodeURIComponent(entry.repository)}`}>
              {entry.repository}
            </a>
          </dd>
        </>
      )}
      {entry.reference && (
        <>
          <dt>{WORDS.reference}</dt>
          <dd>
            {/^sha\d+:/.test(entry.reference)
              ? <a class="mono" href={blobPath(entry.reference)}>{entry.reference}</a>
              : <a href={imagePath(entry)}>{entry.reference}</a>}
          </dd>
        </>
      )}
      <dt>{WORDS.client}</dt>
      <dd>
        {entry.client}
        {entry.user && WORDS.signedInAs2(entry.user)}
      </dd>
      <dt>{WORDS.userAgent}</dt>
      <dd>{entry.userAgent || <span class="muted">{WORDS.notGiven}</span>}</dd>
      <dt>{WORDS.via}</dt>
      <dd>{VIA[entry.via]}</dd>
      {entry.member && (
        <>
          <dt>{WORDS.answeredBy}</dt>
          <dd class="mono">{entry.member}</dd>
        </>
      )}
      <dt>{WORDS.requestId}</dt>
      <dd>
        <code>{entry.id}</code>
      </dd>
    </Facts>
  );
}

function AnswerFacts({ entry }: { entry: RequestEntry }) {
  return (
    <Facts title={WORDS.answer}>
      <dt>{WORDS.status}</dt>
      <dd>
        <HttpStatus status={entry.status} ended={entry.ended} />
      </dd>
      <dt>{WORDS.sent}</dt>
      <dd class="num">{formatBytes(entry.bytes)}</dd>
      <dt>{WORDS.firstByteAfter}</dt>
      <dd class="num">{formatDuration(entry.firstByteMs)}</dd>
      <dt>{WORDS.duration}</dt>
      <dd class="num">{formatDuration(entry.durationMs)}</dd>
      <dt>{WORDS.upstream}</dt>
      <dd class="num">
        {explainUpstream(entry) || <span class="muted">{WORDS.notContacted}</span>}
      </dd>
      <dt>{WORDS.fromUpstream}</dt>
      <dd class="num">{formatBytes(entry.upstreamBytes)}</dd>
    </Facts>
  );
}

const VIA: Record<RequestEntry["via"], string> = {
  direct: WORDS.registryPort,
  intercept: WORDS.forwardProxyIntercepted,
  forward: WORDS.forwardProxy,
  prefetch: WORDS.berthItselfAheadOfClients,
};

function Timeline({ entry }: { entry: RequestEntry }) {
  const stretches = stretchesOf(entry);
  const whole = Math.max(1, entry.durationMs);
  if (stretches.length === 0) return null;
  return (
    <ol class="timeline">
      {stretches.map(({ name, from, to }, index) => (
        <li key={index}>
          <span>{name}</span>
          <span class="track" aria-hidden="true">
            <span
              style={{ left: `${from / whole * 100}%`, width: `${(to - from) / whole * 100}%` }}
            />
          </span>
          <span class="right">{formatDuration(to - from)}</span>
        </li>
      ))}
    </ol>
  );
}
