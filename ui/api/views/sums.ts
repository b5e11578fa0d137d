/** Figures of several Berths added up. */
import type { Live, Member, MemberFigures } from "../schema/events.ts";
import type { Counters, Stats } from "../schema/stats.ts";
import type { MembersAsked } from "../schema/status.ts";

/** The sum of `all`, of which there is one at least. */
function sumCounters(all: readonly Counters[]): Counters {
  const total = { ...all[0]! };
  const names = Object.keys(total) as (keyof Counters)[];
  for (const more of all.slice(1)) for (const name of names) total[name] += more[name];
  return total;
}

/** What `own` and `others` do now. */
export function sumLive(own: Live, others: readonly Live[]): Live {
  const all = [own, ...others];
  return {
    now: own.now,
    total: sumCounters(all.map(({ total }) => total)),
    since: Math.min(...all.map(({ since }) => since)),
    lastMinute: sumCounters(all.map(({ lastMinute }) => lastMinute)),
    active: all.reduce((sum, { active }) => sum + active, 0),
  };
}

/** What `own` and `others` say of one span; the others' steps go into those of `own`. */
export function sumStats(own: Stats, others: readonly Stats[], members: MembersAsked): Stats {
  const all = [own, ...others];
  const before = all.flatMap(({ previous }) => previous ?? []);
  const steps = added(all.flatMap(({ series }) => series), ({ time }) => time - time % own.stepMs);
  const registries = added(all.flatMap(({ registries }) => registries), ({ name }) => name);
  return {
    ...own,
    since: Math.min(...all.map(({ since }) => since)),
    total: sumCounters(all.map(({ total }) => total)),
    previous: before.length > 0 ? sumCounters(before) : null,
    registries: [...registries].map(([name, counters]) => ({ ...counters, name }))
      .sort((a, b) => b.requests - a.requests || a.name.localeCompare(b.name)),
    series: [...steps].map(([time, counters]) => ({ ...counters, time }))
      .sort((a, b) => a.time - b.time),
    members,
  };
}

/** The member `id`, that `answers` or did when it told `figures`. */
export function memberView(id: string, answers: boolean, figures: MemberFigures): Member {
  const { live: { lastMinute, active }, fills, storage, lagMs } = figures;
  const { bytes, blobs, maxBytes, disk } = storage;
  return {
    ...{ id, answers, lastMinute, active, fills: fills.length, lagMs },
    ...{ bytes, blobs, maxBytes, disk },
  };
}

function added<Row extends Counters, Key>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
): Map<Key, Counters> {
  const groups = Map.groupBy(rows, keyOf);
  return new Map([...groups].map(([key, group]) => [key, sumCounters(group.map(countersOf))]));
}

function countersOf(row: Counters & { name?: unknown; time?: unknown }): Counters {
  const { name: _, time: __, ...counters } = row;
  return counters;
}
