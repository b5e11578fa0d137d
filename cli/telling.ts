/** What holds and what happens, told in the log and to webhooks. */
import { systemClock } from "../base/clock.ts";
import { formatDuration } from "../base/units.ts";
import { NoticeBoard, type NoticeChange } from "../proxy/notify/board.ts";
import { ofNotice } from "../proxy/notify/happening.ts";
import { kindOf } from "../proxy/notify/notice.ts";
import { Observed } from "../proxy/notify/observed.ts";
import { fetchPost } from "../proxy/notify/post.ts";
import { Webhooks } from "../proxy/notify/webhooks.ts";
import { logger } from "../proxy/observe/log.ts";
import type { Mutes } from "../proxy/observe/stats/mutes.ts";
import type { Present } from "../ui/api/present.ts";
import { VERSION } from "./version.ts";

/** Webhooks, which nothing is sent to before they are configured, and what tells them of requests. */
export function createWebhooks(): { webhooks: Webhooks; observed: Observed } {
  const webhooks = new Webhooks({
    clock: systemClock,
    post: fetchPost,
    version: VERSION,
    failed: (line) => logger("webhooks").warn(line),
  });
  const send = webhooks.send.bind(webhooks);
  return { webhooks, observed: new Observed({ clock: systemClock, send }) };
}

interface BoardParts {
  present: Present;
  mutes: Mutes;
  webhooks: Webhooks;
}

/** A board that is looked at once it is started. */
export function createBoard({ present, mutes, webhooks }: BoardParts): NoticeBoard {
  return new NoticeBoard({
    clock: systemClock,
    async notices() {
      await present.refresh();
      return present.notices();
    },
    mutedUntil: (id) => present.mutedUntil(id),
    changed(change) {
      logNotice(change);
      webhooks.send(ofNotice(change, Date.now()));
    },
    over: (id) => mutes.over(id),
    failed: (error) => logger("notices").error("checking for notices failed", { error }),
  });
}

/** Those that no other part has a line for. */
const LOGGED = new Set(["registry-limited", "disk-low", "stats-not-written", "certificate"]);

function logNotice({ state, notice, lasted }: NoticeChange): void {
  if (!LOGGED.has(kindOf(notice))) return;
  const log = logger("notices");
  if (state === "over") log.info(`over after ${formatDuration(lasted)}: ${notice.title}`);
  else log.warn(`${notice.title}. ${notice.detail}`);
}
