/** A start that is expected to fail. */
import { giveToBerth } from "./account.ts";
import { COMMAND } from "./berth.ts";
import { finish } from "./process.ts";
import { scratchDir } from "./scratch.ts";

interface Attempt {
  code: number;
  /** What it said on standard error, line by line. */
  said: string[];
}

/** Runs Berth with `flags`, on free ports unless they say otherwise, until it gives up. */
export async function attempt(flags: string[]): Promise<Attempt> {
  await using scratch = await scratchDir("attempt");
  await giveToBerth(scratch.path);
  const [command = "", ...args] = COMMAND;
  const free = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
  const { code, stderr } = await finish(command, [...args, ...free, ...flags], {
    cwd: scratch.path,
    timeout: 20_000,
  });
  return { code, said: stderr.split("\n").filter(Boolean) };
}
