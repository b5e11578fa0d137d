/** Whether a registry is up, from looks at it and from the requests that went there. Pure. */
import type { UpstreamErrorKind } from "../errors.ts";
import { type Finding, FINE, type Reason } from "./finding.ts";

/** What is held of a registry. Times in Unix milliseconds. */
export interface Verdict {
  up: boolean;
  reason: Reason;
  /** What is wrong, in words; empty where nothing is. */
  message: string;
  since: number;
  /** When the registry was last looked at. */
  checkedAt: number;
  /** When it was last found up; 0: never. */
  lastOk: number;
}

/** A registry that went down, or came back after `lasted` milliseconds. */
export interface Change {
  verdict: Verdict;
  lasted: number;
}

/** From the beginning of one look to that of the next, while all is well. */
export const EVERY = 60_000;
/** A registry is down when it was so twice in this time. */
const CONFIRM = 2_000;
/** Between looks at a registry that is down: as long as it has been so, within these bounds. */
const SHORTEST = 1_000;
const LONGEST = 30_000;

/**
 * One observation never decides: down is a registry that two looks in a row, or a request and a look
 * after it, found so. Up is one that a single look found so.
 */
export class Standing {
  #verdict: Verdict | undefined;
  /** Failed looks in a row. */
  #failures = 0;
  /** How the last request failed to reach it, where none was answered since. */
  #requestFailed: UpstreamErrorKind | undefined;
  /** How the last look failed to reach it. */
  #dead: UpstreamErrorKind | undefined;
  /** When a request was last answered with success; 0: never. */
  #servedAt = 0;

  /** `before` is what was held of the registry under other settings. */
  constructor(before?: Verdict) {
    this.#verdict = before;
  }

  /** Undefined before the first verdict. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** How requests fail without being sent; undefined while they are. */
  get dead(): UpstreamErrorKind | undefined {
    return this.#verdict?.up === false && this.#requestFailed ? this.#dead : undefined;
  }

  /** Milliseconds from the beginning of the last look to the next, as of `now`. */
  pause(now: number): number {
    if (this.#failures === 0) return EVERY;
    if (this.#verdict?.up !== false) return CONFIRM;
    return Math.min(LONGEST, Math.max(SHORTEST, now - this.#verdict.since));
  }

  /** A request could not reach the registry. */
  failed(kind: UpstreamErrorKind): void {
    this.#requestFailed = kind;
  }

  /** The registry answered a request. */
  answered(status: number, now: number): void {
    this.#requestFailed = undefined;
    if (status < 400) this.#servedAt = now;
  }

  /** Takes note of a look that began at `began`; the result tells of a change that it made. */
  looked(found: Finding, began: number, now: number): Change | undefined {
    const finding = this.#believed(found, began);
    if (finding.reason === "ok") return this.#isUp(now);
    this.#failures++;
    this.#dead = finding.dead;
    const sure = this.#failures > 1 || (finding.dead && this.#requestFailed);
    const before = this.#verdict;
    if (before?.up !== false && !sure) return undefined;
    const { reason, message } = finding;
    const news = before?.up !== false || (before.reason === "auth") !== (reason === "auth");
    const since = news ? now : before.since;
    const lastOk = before?.lastOk ?? 0;
    this.#verdict = { up: false, reason, message, since, checkedAt: now, lastOk };
    return news ? { verdict: this.#verdict, lasted: 0 } : undefined;
  }

  #isUp(now: number): Change | undefined {
    const before = this.#verdict;
    this.#failures = 0;
    this.#requestFailed = this.#dead = undefined;
    const since = before?.up ? before.since : now;
    this.#verdict = { up: true, ...FINE, since, checkedAt: now, lastOk: now };
    return before?.up === false
      ? { verdict: this.#verdict, lasted: now - before.since }
      : undefined;
  }

  /** What requests get is worth more than what `/v2/` says, unless that is about the credentials. */
  #believed(found: Finding, began: number): Finding {
    const served = this.#servedAt >= began && this.#servedAt > 0;
    const odd = found.status === 404 && this.#servedAt > 0;
    return found.reason !== "auth" && (served || odd) ? FINE : found;
  }
}
