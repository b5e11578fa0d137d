/** What holds and should be known: told in the log as it begins and as it is over. */
import { systemClock } from "../base/clock.ts";
import { formatDuration } from "../base/units.ts";
import { NoticeBoard, type NoticeChange } from "../proxy/notify/board.ts";
import { kindOf } from "../proxy/notify/notice.ts";
import { logger } from "../proxy/observe/log.ts";
import type { Mutes } from "../proxy/observe/stats/mutes.ts";
import type { Present } from "../ui/api/present.ts";

interface TellingParts {
  present: Present;
  mutes: Mutes;
}

/** A board that is looked at once it is started. */
export function createBoard({ present, mutes }: TellingParts): NoticeBoard {
  return new NoticeBoard({
    clock: systemClock,
    async notices() {
      await present.refresh();
      return present.notices();
    },
    mutedUntil: (id) => present.mutedUntil(id),
    changed: logNotice,
    over: (id) => mutes.over(id),
    failed: (error) => logger("notices").error("looking for what is wrong failed", { error }),
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
