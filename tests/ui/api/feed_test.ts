import assert from "node:assert/strict";
import { Activity } from "../../../proxy/observe/stats/activity.ts";
import { zero } from "../../../proxy/observe/stats/counts.ts";
import { Feed, type FeedSource } from "../../../ui/api/feed.ts";
import type { Fill } from "../../../ui/api/schema/events.ts";
import { record } from "../../fake/records.ts";
import { NEVER_VERIFIED } from "../../../ui/api/verifier.ts";
import { idleStatus } from "../../fake/present.ts";

function fixture() {
  const state = { now: 1_700_000_000_000, requests: 0, fills: [] as Fill[] };
  const activity = new Activity(state.now);
  const present: FeedSource = {
    live: () => ({
      now: state.now,
      since: 0,
      total: { ...zero(), requests: state.requests },
      lastMinute: zero(),
      active: 0,
    }),
    fills: () => state.fills,
    status: () => ({ ...idleStatus, now: state.now }),
    verification: () => NEVER_VERIFIED,
    activity,
  };
  const open = (lastSeq?: number) => new Feed(present, () => state.now, lastSeq);
  return { state, activity, open };
}

const names = (feed: Feed) => feed.poll().map(({ event }) => event);

Deno.test("Feed, begins with everything, then tells what changed", () => {
  const { state, open } = fixture();
  const feed = open();
  assert.deepEqual(names(feed), ["fills", "live", "status", "verification"]);
  state.now += 1000;
  assert.deepEqual(names(feed), [], "the clock alone is no news");
  state.requests = 1;
  state.now += 999;
  assert.deepEqual(names(feed), [], "not more than once a second");
  state.now += 1;
  assert.deepEqual(names(feed), ["live"]);
});

Deno.test("Feed, an empty list of fills ends it", () => {
  const { state, open } = fixture();
  const feed = open();
  feed.poll();
  state.now += 500;
  state.fills = [{ id: "1", digest: "sha256:ab" } as Fill];
  assert.deepEqual(names(feed), ["fills"]);
  state.now += 500;
  state.fills = [];
  assert.deepEqual(feed.poll(), [{ event: "fills", data: [] }]);
});

Deno.test("Feed, requests go on from the last one that the reader knows", () => {
  const { state, activity, open } = fixture();
  for (let i = 0; i < 300; i++) activity.push(record());
  const told = (feed: Feed) => {
    const event = feed.poll().find(({ event }) => event === "requests");
    return { id: event?.id, count: (event?.data as unknown[] | undefined)?.length };
  };
  const id = String(activity.last);
  assert.deepEqual(told(open()), { id, count: 50 }, "a new reader");
  assert.deepEqual(told(open(activity.last - 7)), { id, count: 7 }, "one that comes back");
  assert.deepEqual(told(open(activity.last)), { id: undefined, count: undefined });
  assert.deepEqual(told(open(1)), { id, count: 200 }, "one that was long away");
  assert.equal(told(open(activity.last + 1e6)).count, undefined, "one from the future");
  const feed = open(activity.last);
  feed.poll();
  activity.push(record());
  state.now += 1;
  assert.deepEqual(told(feed), { id: String(activity.last), count: 1 });
});
