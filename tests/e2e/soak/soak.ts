/** Rounds of pulls while everything strikes, and after each a look at what was promised. */
import type { Dice } from "./dice.ts";
import { randomFaults } from "./faults.ts";
import { attack } from "./hostile.ts";
import { type SoakLab, startSoakLab } from "./lab.ts";
import { last, type Looked, promises } from "./promises.ts";
import { type Outcome, pull } from "./pull.ts";

const CLIENTS = 8;
/** Of each round. */
const KILLS = 5;
const FAULTY_REQUESTS = 4000;
const FAULT_RATE = 0.2;
/** Milliseconds; how long the disk stays full, and the registry away. */
const WHILE = 700;

/** What happened, as it is counted. */
export interface Tally {
  rounds: number;
  pulls: Record<Outcome, number>;
  bytes: number;
  /** Requests that the registry and its CDN got. */
  upstream: number;
  kills: number;
  stops: number;
  fullDisks: number;
  outages: number;
  hostile: number;
  /** The most that was found after a round. */
  most: Looked;
}

interface SoakOptions {
  dice: Dice;
  pullsARound: number;
  /** Asked after each round. */
  over: (tally: Tally) => boolean;
  /** Told after each round. */
  report?: (tally: Tally) => void;
}

/** Runs rounds until it is over. Throws, with the seed, at the first promise that is broken. */
export async function soak({ dice, pullsARound, over, report }: SoakOptions): Promise<Tally> {
  await using lab = await startSoakLab(dice);
  const tally: Tally = {
    rounds: 0,
    pulls: { clean: 0, failed: 0, aborted: 0 },
    bytes: 0,
    upstream: 0,
    kills: 0,
    stops: 0,
    fullDisks: 0,
    outages: 0,
    hostile: 0,
    most: { memory: 0, files: 0 },
  };
  try {
    do {
      await round(lab, dice, pullsARound, tally);
      const { memory, files } = await promises(lab, dice);
      tally.most.memory = Math.max(tally.most.memory, memory);
      tally.most.files = Math.max(tally.most.files, files);
      tally.upstream += lab.hub.log.length + lab.vault.log.length;
      lab.hub.log.length = lab.vault.log.length = 0;
      tally.rounds++;
      report?.(tally);
    } while (!over(tally));
    await last(lab);
    return tally;
  } catch (error) {
    const log = (await lab.berth.output()).split("\n").slice(-40).join("\n");
    throw new Error(`SOAK_SEED=${dice.seed} ${JSON.stringify(tally)}\n${log}`, { cause: error });
  }
}

/** Clients pull until `pulls` have begun; at chance moments something strikes. */
async function round(lab: SoakLab, dice: Dice, pulls: number, tally: Tally): Promise<void> {
  const { berth, hub, images, reader: authorization } = lab;
  const faults = () => hub.fault(...randomFaults(dice, FAULTY_REQUESTS, FAULT_RATE));
  faults();
  const names = [...images.keys()];
  /** What cannot be at once: Berth does not start on a disk without a byte of room. */
  let striking = Promise.resolve();
  let up = Promise.resolve();
  const inTurn = (strike: () => Promise<void>) => {
    striking = striking.then(strike);
    striking.catch(() => {}); // Whoever waits for the last one hears of it.
    return striking;
  };
  const restart = (signal: Deno.Signal) => up = inTurn(() => berth.restart(signal));
  const strikes: (() => unknown)[] = [
    ...Array.from({ length: KILLS }, () => () => (tally.kills++, restart("SIGKILL"))),
    () => (tally.stops++, restart("SIGTERM")),
    () =>
      inTurn(async () => {
        tally.fullDisks++;
        await lab.fillDisk();
        await pause();
        await lab.freeDisk();
      }),
    () =>
      inTurn(async () => {
        tally.outages++;
        hub.clearFaults();
        hub.fault({ path: /./, times: Infinity, action: { kind: "close" } });
        await pause();
        hub.clearFaults();
        faults();
      }),
    ...Array.from(
      { length: 5 },
      () => () => inTurn(async () => void (tally.hostile += await attack(lab, dice))),
    ),
  ];
  const moments = new Map<number, () => unknown>();
  for (const strike of strikes) {
    let moment = dice.between(1, pulls - 1);
    while (moments.has(moment)) moment = dice.between(1, pulls - 1);
    moments.set(moment, strike);
  }
  let begun = 0;
  const received = (bytes: number) => void (tally.bytes += bytes);
  const client = async () => {
    while (begun < pulls) {
      moments.get(++begun)?.();
      await up;
      const name = dice.pick(names);
      const url = `${berth.url}/v2/${name}`;
      const image = images.get(name)!;
      tally.pulls[await pull({ url, image, authorization, dice, received })]++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await striking;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WHILE));
}
