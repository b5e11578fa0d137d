import { useEffect, useRef } from "preact/hooks";
import type { Notice, Status } from "../../api/schema/status.ts";
import { Icon, type IconName } from "../../components/icon.tsx";
import { now } from "../../web/clock.ts";
import { formatDuration } from "../../web/format.ts";
import { WORDS } from "./words.ts";

const ICONS: Record<Notice["severity"] | "none", { icon: IconName; tone: string }> = {
  error: { icon: "bad", tone: "tone-bad" },
  warning: { icon: "warn", tone: "tone-warn" },
  info: { icon: "ok", tone: "tone-ok" },
  none: { icon: "ok", tone: "tone-ok" },
};

/** The state in one sentence, and beneath it what an operator should know. */
export function Headline({ status }: { status: Status }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = WORDS.overviewBerth;
    heading.current?.focus({ preventScroll: true });
  }, []);
  const { icon, tone } = ICONS[status.notices[0]?.severity ?? "none"];
  return (
    <div class="section">
      <header class="headline">
        <span class={tone}>
          <Icon name={icon} size={28} />
        </span>
        <div>
          <h1 tabIndex={-1} ref={heading}>{status.text}</h1>
          <p class="lead">
            {WORDS.serving} <span class="mono">{status.registryUrl}</span>
            {WORDS.up} {formatDuration(Math.max(1000, now.value - status.startedAt))}
            {status.notices.length + status.muted.length > 0 && (
              <>
                , <a href="/notices">{WORDS.notices}</a>
              </>
            )}
          </p>
        </div>
      </header>
      {status.notices.length > 0 && (
        <ul class="notices" aria-label={WORDS.whatNeedsAttention}>
          {status.notices.map((notice) => <NoticeRow key={notice.id} notice={notice} />)}
        </ul>
      )}
    </div>
  );
}

function NoticeRow({ notice }: { notice: Notice }) {
  return (
    <li class={`notice ${notice.severity}`}>
      <Icon name={notice.severity === "info" ? "info" : ICONS[notice.severity].icon} />
      <div class="notice-text">
        <strong>
          {notice.title}
          {notice.since !== null && (
            <span class="muted small">
              {WORDS.for(formatDuration(Math.max(1000, now.value - notice.since)))}
            </span>
          )}
        </strong>
        {notice.detail && <p>{notice.detail}</p>}
      </div>
      {notice.href && <a class="button go" href={notice.href}>{WORDS.lookIntoIt}</a>}
    </li>
  );
}
