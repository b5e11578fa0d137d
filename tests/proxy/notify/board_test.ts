import assert from "node:assert/strict";
import { LOOK_EVERY, NoticeBoard } from "../../../proxy/notify/board.ts";
import { kindOf, type Notice } from "../../../proxy/notify/notice.ts";
import { FakeClock } from "../../fake/clock.ts";

function notice(id: string, fields: Partial<Notice> = {}): Notice {
  return { id, severity: "error", title: id, detail: "", since: null, registry: "", ...fields };
}

/** A board over `holds`, which a test changes; mutes by id, and what was told. */
function boardOver() {
  const clock = new FakeClock();
  const holds = new Map<string, Notice>();
  const mutes = new Map<string, number | null>();
  const told: string[] = [];
  const ended: string[] = [];
  const errors: unknown[] = [];
  const state = { broken: false };
  const board = new NoticeBoard({
    clock,
    notices() {
      if (state.broken) return Promise.reject(new Error("no disk"));
      return Promise.resolve([...holds.values()]);
    },
    mutedUntil: (id) => mutes.get(id),
    changed: ({ state, notice: { id }, lasted }) => told.push(`${state} ${id} ${lasted}`),
    over: (id) => ended.push(id),
    failed: (error) => errors.push(error),
  });
  board.start();
  const hold = (id: string, fields?: Partial<Notice>) => holds.set(id, notice(id, fields));
  return { clock, board, hold, holds, mutes, told, ended, errors, state };
}

Deno.test("NoticeBoard, each notice is told of once when it begins and once when it is over", async () => {
  const { clock, board, hold, holds, told, ended } = boardOver();
  await clock.advance(LOOK_EVERY);
  assert.deepEqual(told, []);
  hold("disk-full", { since: clock.now() - 1000 });
  hold("registry-failing:docker");
  await clock.advance(60_000);
  assert.deepEqual(told.splice(0), ["opened disk-full 0", "opened registry-failing:docker 0"]);
  holds.clear();
  await clock.advance(LOOK_EVERY);
  assert.deepEqual(told, ["over disk-full 66000", "over registry-failing:docker 60000"]);
  assert.deepEqual(ended, ["disk-full", "registry-failing:docker"]);
  await board.close();
  assert.equal(clock.pending, 0);
});

Deno.test("NoticeBoard, a muted notice is silent, and speaks when its mute runs out while it lasts", async () => {
  const { clock, board, hold, holds, mutes, told } = boardOver();
  mutes.set("disk-low", clock.now() + 60_000);
  mutes.set("certificate", clock.now() + 60_000);
  hold("disk-low");
  hold("certificate");
  await clock.advance(LOOK_EVERY);
  holds.delete("certificate");
  await clock.advance(LOOK_EVERY);
  assert.deepEqual(told, []);
  mutes.clear();
  await clock.advance(LOOK_EVERY);
  assert.deepEqual(told, ["opened disk-low 0"]);
  await board.close();
});

Deno.test("NoticeBoard, who acknowledges a notice hears that it is over, who mutes it for a time does not", async () => {
  const { clock, board, hold, holds, mutes, told } = boardOver();
  hold("acknowledged");
  hold("muted");
  await clock.advance(LOOK_EVERY);
  mutes.set("acknowledged", null).set("muted", clock.now() + 3600e3);
  holds.clear();
  await clock.advance(LOOK_EVERY);
  assert.deepEqual(told.slice(2), ["over acknowledged 5000"]);
  await board.close();
});

Deno.test("NoticeBoard, a look that fails is reported and changes nothing", async () => {
  const { clock, board, hold, told, errors, state } = boardOver();
  hold("disk-full");
  await clock.advance(LOOK_EVERY);
  state.broken = true;
  await clock.advance(LOOK_EVERY);
  state.broken = false;
  await clock.advance(LOOK_EVERY);
  assert.equal(errors.length, 1);
  assert.deepEqual(told, ["opened disk-full 0"]);
  await board.close();
});

Deno.test("kindOf, what a notice is about is no part of its kind", () => {
  assert.equal(kindOf({ id: "registry-failing:docker" }), "registry-failing");
  assert.equal(kindOf({ id: "disk-full" }), "disk-full");
});
