/** What can go wrong upstream, at random. */
import type { Fault, FaultAction } from "../../fake/wire.ts";
import type { Dice } from "./dice.ts";

const KINDS = [
  "cut",
  "close",
  "stall",
  "slow",
  "corrupt",
  "truncate",
  "gzip",
  "no-length",
  "500",
  "503",
  "429",
  "403",
] as const;

/** Faults for about `rate` of the first `requests` that reach a registry and its CDN. */
export function randomFaults(dice: Dice, requests: number, rate: number): Fault[] {
  const faults: Fault[] = [];
  for (let from = 1; from <= requests; from++) {
    if (dice.chance(rate)) {
      faults.push({ from, path: /manifests|blobs|data/, action: randomAction(dice) });
    }
  }
  return faults;
}

function randomAction(dice: Dice): FaultAction {
  const kind = dice.pick(KINDS);
  switch (kind) {
    case "cut":
      return { kind, after: dice.between(0, 500_000) };
    case "stall":
      return { kind, after: dice.between(0, 500_000) };
    case "slow": {
      const pause = dice.between(50, 800);
      return {
        kind: "stall",
        after: dice.between(0, 100_000),
        // A getter, since the pause begins when the fault strikes.
        get until() {
          return new Promise((resolve) => setTimeout(resolve, pause));
        },
      };
    }
    case "truncate":
      return { kind, to: dice.between(0, 500) };
    case "429":
      return { kind: "answer", status: 429, body: "slow down", headers: { "retry-after": "1" } };
    case "403":
      return { kind: "answer", status: 403, body: "<Error><Code>AccessDenied</Code></Error>" };
    case "500":
    case "503":
      return { kind: "answer", status: Number(kind), body: "<html>not today</html>" };
    default:
      return { kind };
  }
}
