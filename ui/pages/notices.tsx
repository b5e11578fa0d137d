/** What needs attention, what was muted, and until when. */
import type { ComponentChildren } from "preact";
import type { MutedNotice, Notice } from "../api/schema/status.ts";
import { Choose } from "../components/choice.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Failure, Nothing, Skeleton } from "../components/states.tsx";
import { toast } from "../components/toast.tsx";
import { call, messageOf } from "../web/client.ts";
import { now } from "../web/clock.ts";
import { formatDuration, formatMoment } from "../web/format.ts";
import { refreshStatus, serverNow, status, statusError } from "../web/live.ts";
import { may } from "../web/session.ts";

const HOUR = 3600e3;
const TERMS = [
  { value: "", text: "Mute…" },
  { value: String(HOUR), text: "for an hour" },
  { value: String(24 * HOUR), text: "for a day" },
  { value: String(7 * 24 * HOUR), text: "for a week" },
  { value: "over", text: "until it is over" },
] as const;

export function Notices() {
  const state = status.value;
  return (
    <>
      <PageHead
        title="Notices"
        lead="What is muted does not count in the headline and is not sent to webhooks."
      />
      {state
        ? <Lists notices={state.notices} muted={state.muted} />
        : statusError.value === undefined
        ? <Skeleton />
        : <Failure error={statusError.value} />}
    </>
  );
}

function Lists({ notices, muted }: { notices: Notice[]; muted: MutedNotice[] }) {
  return (
    <>
      {notices.length === 0
        ? <Nothing icon="ok" title="Nothing needs attention" />
        : (
          <ul class="notices section" aria-label="What needs attention">
            {notices.map((notice) => (
              <Row key={notice.id} notice={notice}>
                <MuteChoice notice={notice} />
              </Row>
            ))}
          </ul>
        )}
      {muted.length > 0 && (
        <section class="section" aria-label="Muted">
          <h2>Muted</h2>
          <ul class="notices">
            {muted.map((notice) => (
              <Row key={notice.id} notice={notice}>
                {may("cache") && (
                  <button
                    type="button"
                    class="button go"
                    onClick={() => unmute(notice)}
                  >
                    Unmute
                  </button>
                )}
              </Row>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function MuteChoice({ notice }: { notice: Notice }) {
  if (!may("cache")) return null;
  return (
    <span class="go">
      <Choose
        label={`Mute: ${notice.title}`}
        value=""
        choices={TERMS}
        onInput={(term: string) => term !== "" && mute(notice, term)}
      />
    </span>
  );
}

function Row(
  { notice, children }: { notice: Notice & { until?: number | null }; children: ComponentChildren },
) {
  const { severity, title, detail, since, href, until } = notice;
  return (
    <li class={`notice ${until === undefined ? severity : ""}`}>
      <Icon name={severity === "info" ? "info" : severity === "error" ? "bad" : "warn"} />
      <div class="notice-text">
        <strong>
          {href ? <a href={href}>{title}</a> : title}
          {since !== null && (
            <span class="muted small">
              {` for ${formatDuration(Math.max(1000, now.value - since))}`}
            </span>
          )}
        </strong>
        {detail && <p>{detail}</p>}
        {until !== undefined && (
          <p class="muted small">
            {until === null ? "Muted until it is over" : `Muted until ${formatMoment(until)}`}
          </p>
        )}
      </div>
      {children}
    </li>
  );
}

async function mute({ id, title }: Notice, term: string): Promise<void> {
  const until = term === "over" ? null : Math.round(serverNow() + Number(term));
  await act(call("post", "/notices/:id/mute", { param: { id }, json: { until } }), title, "Muted");
}

async function unmute({ id, title }: Notice): Promise<void> {
  await act(call("delete", "/notices/:id/mute", { param: { id } }), title, "Not muted");
}

/** Says how `action` went, and shows what has become of it. */
async function act(action: Promise<unknown>, title: string, done: string): Promise<void> {
  try {
    await action;
    toast(`${done}: ${title}`);
    await refreshStatus();
  } catch (error) {
    toast(messageOf(error).title, true);
  }
}
