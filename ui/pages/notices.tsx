/** What needs attention, what was muted, and until when. */
import type { ComponentChildren } from "preact";
import type { MutedNotice, Notice } from "../api/schema/status.ts";
import { Choose } from "../components/choice.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Failure, Nothing, Skeleton } from "../components/states.tsx";
import { toast, toastError } from "../components/toast.tsx";
import { call } from "../web/client.ts";
import { now } from "../web/clock.ts";
import { formatDuration, formatMoment, type Text } from "../web/format.ts";
import { refreshStatus, serverNow, status, statusError } from "../web/live.ts";
import { may } from "../web/session.ts";

const WORDS = {
  mute: "Mute…",
  forAnHour: "for an hour",
  forADay: "for a day",
  forAWeek: "for a week",
  untilItIsOver: "until it is over",
  notices: "Notices",
  whatIsMutedDoesNot: "What is muted does not count in the headline and is not sent to webhooks.",
  nothingNeedsAttention: "Nothing needs attention",
  whatNeedsAttention: "What needs attention",
  muted: "Muted",
  unmute: "Unmute",
  mute2: (a: Text) => `Mute: ${a}`,
  for: (a: Text) => ` for ${a}`,
  mutedUntilItIsOver: "Muted until it is over",
  mutedUntil: (a: Text) => `Muted until ${a}`,
  notMuted: "Not muted",
} as const;

const HOUR = 3600e3;
const TERMS = [
  { value: "", text: WORDS.mute },
  { value: String(HOUR), text: WORDS.forAnHour },
  { value: String(24 * HOUR), text: WORDS.forADay },
  { value: String(7 * 24 * HOUR), text: WORDS.forAWeek },
  { value: "over", text: WORDS.untilItIsOver },
] as const;

export function Notices() {
  const state = status.value;
  return (
    <>
      <PageHead
        title={WORDS.notices}
        lead={WORDS.whatIsMutedDoesNot}
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
        ? <Nothing icon="ok" title={WORDS.nothingNeedsAttention} />
        : (
          <ul class="notices section" aria-label={WORDS.whatNeedsAttention}>
            {notices.map((notice) => (
              <Row key={notice.id} notice={notice}>
                <MuteChoice notice={notice} />
              </Row>
            ))}
          </ul>
        )}
      {muted.length > 0 && (
        <section class="section" aria-label={WORDS.muted}>
          <h2>{WORDS.muted}</h2>
          <ul class="notices">
            {muted.map((notice) => (
              <Row key={notice.id} notice={notice}>
                {may("cache") && (
                  <button
                    type="button"
                    class="button go"
                    onClick={() => unmute(notice)}
                  >
                    {WORDS.unmute}
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
        label={WORDS.mute2(notice.title)}
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
              {WORDS.for(formatDuration(Math.max(1000, now.value - since)))}
            </span>
          )}
        </strong>
        {detail && <p>{detail}</p>}
        {until !== undefined && (
          <p class="muted small">
            {until === null ? WORDS.mutedUntilItIsOver : WORDS.mutedUntil(formatMoment(until))}
          </p>
        )}
      </div>
      {children}
    </li>
  );
}

async function mute({ id, title }: Notice, term: string): Promise<void> {
  const until = term === "over" ? null : Math.round(serverNow() + Number(term));
  await act(
    call("post", "/notices/:id/mute", { param: { id }, json: { until } }),
    title,
    WORDS.muted,
  );
}

async function unmute({ id, title }: Notice): Promise<void> {
  await act(call("delete", "/notices/:id/mute", { param: { id } }), title, WORDS.notMuted);
}

/** Says how `action` went, and shows what has become of it. */
async function act(action: Promise<unknown>, title: string, done: string): Promise<void> {
  try {
    await action;
    toast(`${done}: ${title}`);
    await refreshStatus();
  } catch (error) {
    toastError(error);
  }
}
