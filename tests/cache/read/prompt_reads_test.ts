import assert from "node:assert/strict";
import { ContentDamaged } from "../../../cache/errors.ts";
import { PromptReads } from "../../../cache/read/prompt_reads.ts";
import type { BlobFile } from "../../../cache/blobs/store.ts";

/** A machine whose reads take as long as the test says, from the disk or not. */
function setup() {
  const machine = { time: 0, disk: 0, now: () => machine.time, diskReads: () => machine.disk };
  const prompt = new PromptReads(machine);
  const read = (ms: number, disk = false) => {
    const readNow = (into: Uint8Array) => {
      machine.time += ms;
      if (disk) machine.disk++;
      return into.length;
    };
    prompt.read("sha256:0", { readNow } as unknown as BlobFile, new Uint8Array(9), 0);
  };
  return { machine, prompt, read };
}

Deno.test("PromptReads, keeps off for a while after the disk was needed, ever longer", () => {
  const { machine, prompt, read } = setup();
  read(0.1);
  assert.ok(prompt.allowed);
  read(5, true);
  assert.ok(!prompt.allowed);
  machine.time += 100;
  assert.ok(prompt.allowed);
  read(5, true);
  machine.time += 100;
  assert.ok(!prompt.allowed);
  machine.time += 100;
  assert.ok(prompt.allowed);
});

Deno.test("PromptReads, a thread that had to wait for its turn is no slow disk; what takes for ever is", () => {
  const { prompt, read } = setup();
  read(5);
  assert.ok(prompt.allowed);
  read(25);
  assert.ok(!prompt.allowed);
});

Deno.test("PromptReads, many fast reads make up for a slow one", () => {
  const { machine, prompt, read } = setup();
  for (let i = 0; i < 5; i++) read(5, true);
  machine.time += 30_000;
  for (let i = 0; i < 256; i++) read(0.1);
  read(5, true);
  machine.time += 100;
  assert.ok(prompt.allowed);
});

Deno.test("PromptReads, a file that ends too early is damaged", () => {
  const file = { readNow: (into: Uint8Array, at: number) => at < 4 ? Math.min(4, into.length) : 0 };
  assert.throws(
    () => new PromptReads().read("sha256:0", file as BlobFile, new Uint8Array(9), 0),
    ContentDamaged,
  );
});
