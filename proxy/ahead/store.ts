/** Where the pulls that are not over are written down, so that a restart goes on with them. */
import { z } from "zod";
import { jsonFile } from "./json_file.ts";
import type { Wanted } from "./progress.ts";

/** A pull that was begun. */
export interface Begun {
  id: string;
  wanted: Wanted;
  by: string;
  /** Unix milliseconds. */
  startedAt: number;
}

export interface PullStore {
  read(): Promise<Begun[]>;
  write(pulls: readonly Begun[]): Promise<void>;
}

/** Where nothing is kept. */
export const NO_PULLS: PullStore = { read: () => Promise.resolve([]), write: async () => {} };

const begun = z.object({
  id: z.string(),
  wanted: z.object({
    images: z.array(z.string()),
    platforms: z.array(z.string()),
    allPlatforms: z.boolean(),
    referrers: z.boolean(),
  }),
  by: z.string(),
  startedAt: z.number(),
});
const file = z.object({ pulls: z.array(begun) });

/** The file at `path`; one that is missing or damaged holds no pulls. */
export function pullFile(path: string): PullStore {
  const begun = jsonFile(path, file, { pulls: [] });
  return {
    read: async () => (await begun.read()).pulls,
    write: (pulls) => begun.write({ pulls: [...pulls] }),
  };
}
