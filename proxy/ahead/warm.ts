/** The warm list: rules that are looked at in time, and whose images stay for as long as they do. */
import { type Clock, every } from "../../base/clock.ts";
import { parseWindow } from "../../base/day_window.ts";
import type { Asker } from "./asker.ts";
import { expand, type ExpandMeans, type Match } from "./expand.ts";
import type { Pulls } from "./pulls.ts";
import {
  heldAfter,
  imagesHeld,
  NEW_STATE,
  resultOf,
  type Rule,
  type RuleState,
  type RunResult,
} from "./rule.ts";
import { nextRun, type Timing, windowEnd } from "./schedule.ts";
import type { RuleStore } from "./rule_store.ts";

/** The rules in force. */
export interface WarmList {
  rules: readonly Rule[];
  /** Share of each registry's quota (0 to 1) that is left to clients. */
  reserve: number;
  /** IANA name of a time zone. */
  zone: string;
}

interface WarmParts {
  list(): WarmList;
  pulls: Pick<Pulls, "start" | "over">;
  asker: Pick<Asker, "pages">;
  map: () => ExpandMeans["map"];
  cached: ExpandMeans["cached"];
  clock: Clock;
  store: RuleStore;
  /** Whether it falls to this Berth, where there are several. */
  duty(): Promise<boolean>;
  /** In [0, 1). */
  random(): number;
  /** Told of the pins that are to hold, whenever they change. */
  pin(patterns: readonly string[]): void;
  /** Told of each run that is over. */
  runOver?(rule: Rule, result: RunResult): void;
  warn(line: string, error: unknown): void;
}

/** What is to be shown of a rule. */
export interface RuleView {
  rule: Rule;
  state: RuleState;
  /** Unix milliseconds; null while it runs. */
  nextAt: number | null;
  /** The pull of the run that is on; empty while it looks for tags, undefined where none is. */
  running: string | undefined;
}

/** Milliseconds between two looks at the clock. */
const TICK = 15e3;

interface Entry {
  rule: Rule;
  state: RuleState;
  nextAt: number;
  run?: Run;
}

interface Run {
  stop: AbortController;
  /** Its pull; empty while it looks for tags. */
  pull: string;
  done: Promise<void>;
  /** Whether it is to end with its window. */
  timed: boolean;
  /** Whether its window has ended. */
  closed: boolean;
}

export class Warm {
  readonly #parts: WarmParts;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  /** What a former process remembered of rules that have not been met yet. */
  #known = new Map<string, RuleState>();
  #ticking: Promise<void> = Promise.resolve();

  constructor(parts: WarmParts) {
    this.#parts = parts;
  }

  /** Begins with what a former process remembered. */
  async start(): Promise<void> {
    this.#known = new Map(Object.entries(await this.#parts.store.read()));
    this.#follow();
    const { clock, warn } = this.#parts;
    this.#ticking = every(
      clock,
      TICK,
      this.#stop.signal,
      () => this.#look(),
      (error) => warn("the warm list could not be looked at", error),
    );
  }

  /** Ends what runs; it is begun anew at the next start. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("Berth is stopping"));
    const runs = [...this.#entries.values()].flatMap(({ run }) => run ?? []);
    for (const { stop } of runs) stop.abort(this.#stop.signal.reason);
    await Promise.all([this.#ticking, ...runs.map(({ done }) => done)]);
  }

  /** What the patterns of a rule mean now. */
  async preview(
    { images, keep, maxTags }: Pick<Rule, "images" | "keep" | "maxTags">,
    signal: AbortSignal,
  ): Promise<Match[]> {
    const { asker, cached, map } = this.#parts;
    const means = { asker, cached, map: map(), signal };
    const matches: Match[] = [];
    for (const pattern of images) matches.push(await expand(pattern, { keep, maxTags }, means));
    return matches;
  }

  views(): RuleView[] {
    this.#follow();
    return [...this.#entries.values()].map(({ rule, state, nextAt, run }) => ({
      rule,
      state,
      nextAt: run ? null : nextAt,
      running: run?.pull,
    }));
  }

  /** Runs the rule of that name now, whatever its window. False where there is none, or it runs. */
  runNow(name: string): boolean {
    this.#follow();
    const entry = this.#entries.get(name);
    if (!entry || entry.run) return false;
    this.#begin(entry, false);
    return true;
  }

  /** Begins what is due, and ends what has left its window. */
  async #look(): Promise<void> {
    this.#follow();
    const now = this.#parts.clock.now();
    for (const { rule, run } of this.#entries.values()) {
      if (run?.timed && !run.closed && windowEnd(this.#timing(rule), now) === undefined) {
        run.closed = true;
        run.stop.abort(new Error("its window has ended"));
      }
    }
    const due = [...this.#entries.values()].filter(({ run, nextAt }) => !run && nextAt <= now);
    if (due.length === 0 || !await this.#parts.duty() || this.#stop.signal.aborted) return;
    for (const entry of due) if (!entry.run) this.#begin(entry, true);
  }

  /** Takes over the rules in force. */
  #follow(): void {
    const { list } = this.#parts;
    const wanted = new Map(list().rules.map((rule) => [rule.name, rule]));
    let changed = false;
    for (const [name, { run }] of this.#entries) {
      if (wanted.has(name)) continue;
      run?.stop.abort(new Error("the rule is gone"));
      this.#entries.delete(name);
      changed = true;
    }
    for (const [name, rule] of wanted) {
      const entry = this.#entries.get(name);
      if (entry && JSON.stringify(entry.rule) === JSON.stringify(rule)) continue;
      changed = true;
      const state = entry?.state ?? this.#known.get(name) ?? NEW_STATE;
      this.#known.delete(name);
      const nextAt = this.#nextRun(rule, state);
      if (entry) Object.assign(entry, { rule, nextAt });
      else this.#entries.set(name, { rule, state, nextAt });
    }
    if (changed) this.#keep();
  }

  #begin(entry: Entry, timed: boolean): void {
    const stop = new AbortController();
    const run: Run = { stop, pull: "", timed, closed: false, done: Promise.resolve() };
    entry.run = run;
    run.done = this.#run(entry, run)
      .catch((error) => this.#parts.warn(`the rule ${entry.rule.name} was broken off`, error));
  }

  async #run(entry: Entry, run: Run): Promise<void> {
    const { clock, pulls, list, runOver } = this.#parts;
    const { rule } = entry;
    const startedAt = clock.now();
    const { signal } = run.stop;
    let matches: Match[] = [];
    let images: Parameters<typeof resultOf>[2]["images"] = [];
    let state: RunResult["state"] = "done";
    entry.state = { ...entry.state, ran: "" };
    this.#keep();
    try {
      matches = await this.preview(rule, signal);
      const found = [...new Set(matches.flatMap(({ images }) => images))];
      entry.state = { ...entry.state, held: heldAfter(matches, entry.state.held) };
      this.#keep();
      if (found.length > 0) {
        const pull = pulls.start(
          {
            images: found,
            platforms: [...rule.platforms],
            allPlatforms: false,
            referrers: rule.referrers,
          },
          { by: `rule ${rule.name}`, reserve: list().reserve, limit: rule.limit, kept: false },
        );
        run.pull = pull.id;
        await pulls.over(pull.id, signal);
        images = pull.images;
        if (pull.state === "cancelled") state = "cancelled";
      }
    } catch (error) {
      if (!signal.aborted) matches.push(asProblem(rule, error));
    }
    if (this.#stop.signal.aborted) return;
    if (signal.aborted) state = run.closed ? "closed" : "cancelled";
    const result = resultOf(startedAt, clock.now(), { state, images, matches });
    // What its window has cut off is not over.
    const ran = state === "closed" ? "" : JSON.stringify(rule);
    entry.state = { ...entry.state, last: startedAt, ran, result };
    entry.nextAt = this.#nextRun(entry.rule, entry.state);
    delete entry.run;
    this.#keep();
    runOver?.(rule, result);
  }

  /** Writes down what is remembered, and has what is held stay. */
  #keep(): void {
    const { pin, store, warn } = this.#parts;
    const states = Object.fromEntries(
      [...this.#entries].map(([name, { state }]) => [name, state]),
    );
    pin([...new Set(Object.values(states).flatMap(imagesHeld))].map(pinOf));
    void store.write(states).catch((error) => {
      warn("what the warm list holds cannot be written down; a restart would forget it", error);
    });
  }

  /** What was changed since, cut off or killed is due at once, or in the next window. */
  #nextRun(rule: Rule, { last, ran }: RuleState): number {
    const { clock, random } = this.#parts;
    const from = ran === JSON.stringify(rule) ? last ?? undefined : undefined;
    return nextRun(this.#timing(rule), from, clock.now(), random());
  }

  #timing({ every, at }: Rule): Timing {
    return {
      every,
      window: at === "" ? undefined : parseWindow(at),
      zone: this.#parts.list().zone,
    };
  }
}

/** The pin that keeps an image: a tag by its name, whatever it stands for, a digest by itself. */
function pinOf(image: string): string {
  return image.split("@")[1] ?? image;
}

function asProblem({ name }: Rule, error: unknown): Match {
  const problem = error instanceof Error ? error.message : String(error);
  return { pattern: name, images: [], fits: 0, problem };
}
