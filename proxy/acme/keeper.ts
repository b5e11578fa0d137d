/** Keeps a certificate by ACME (RFC 8555): has it issued, renewed in time, and tells how that goes. */
import type { Clock } from "../../base/clock.ts";
import type { SharedDocument } from "../../base/shared_document.ts";
import { type Config, parseListen } from "../config/schema.ts";
import { listen, type Listener, ListenError } from "../http/listen.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { Challenges } from "./challenges.ts";
import type { Order } from "./order.ts";
import { type AcmePeers, sharedCertificate } from "./shared.ts";
import { readStored, type Stored, storedOf, writeStored } from "./stored.ts";

const MINUTE = 60_000;
/** Let's Encrypt refuses after five failures for a name within an hour. */
const FIRST_RETRY = 5 * MINUTE;
/** Where nothing answered, nothing was counted. */
const UNREACHED_RETRY = MINUTE;
const LAST_RETRY = 6 * 60 * MINUTE;
/** Another Berth may have stopped whose turn it was. */
const TURN_WAIT = 10_000;
/** The machine may have slept, and timers of weeks do not exist. */
const LONGEST_WAIT = 60 * MINUTE;

/** What the keeper needs to know of a configuration. */
export interface Wanted {
  readonly acme: Config["tls"]["acme"];
  /** Where the certificate is kept, as `registryCertificate` has it. */
  readonly file: string;
  /** Where people are sent who come by plain HTTP. */
  readonly httpsPort: number;
}

/** How it stands with the certificate. Times in Unix milliseconds. */
export interface AcmeState {
  readonly domains: readonly string[];
  readonly directory: string;
  /** When what is in force ends; null where the authority has issued none yet. */
  readonly notAfter: number | null;
  /** When it is renewed, or tried again. */
  readonly next: number;
  /** Why the last attempt failed; empty where it did not. */
  readonly problem: string;
  /** Since when attempts fail; null where they do not. */
  readonly failingSince: number | null;
}

interface KeeperParts {
  readonly clock: Clock;
  /** The other Berths of a cluster. */
  readonly peers?: AcmePeers | undefined;
  readonly log: {
    info(line: string): void;
    warn(line: string): void;
  };
  /** Told of the end of each attempt. */
  readonly tried?: (outcome: "issued" | "failed") => void;
  /** Asks the authority; throws an `Error`. */
  readonly obtain?: (
    order: Order,
    challenges: Challenges,
  ) => Promise<{ cert: string; key: string }>;
}

export class AcmeKeeper {
  readonly #parts: KeeperParts;
  readonly #challenges: Challenges;
  #shared: { file: string; document: SharedDocument } | undefined;
  #wanted: Wanted | undefined;
  #listener: Listener | undefined;
  #listening = "";
  #stored: Stored | undefined;
  #problem = "";
  #failures = 0;
  #failingSince: number | null = null;
  #next = 0;
  #stopTimer: (() => void) | undefined;
  #running = false;
  #closed = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#challenges = new Challenges(parts.peers?.memory);
  }

  /** Undefined where no certificate is asked for. */
  get state(): AcmeState | undefined {
    if (!this.#wanted) return undefined;
    const { domains, directory } = this.#wanted.acme;
    const issued = this.#stored && !this.#stored.placeholder;
    return {
      domains,
      directory,
      notAfter: issued ? this.#stored!.notAfter : null,
      next: this.#next,
      problem: this.#problem,
      failingSince: this.#failingSince,
    };
  }

  /**
   * Sees to it that the file of `wanted` can be listened with, and that challenges are answered.
   * Throws `ListenError` where that cannot be. `undefined`: none is wanted.
   */
  async makeReady(wanted: Wanted | undefined): Promise<void> {
    if (!wanted || wanted.acme.domains.length === 0) return;
    await this.#listen(wanted.acme.http_listen);
    await this.#share(wanted.file);
    if (await readStored(wanted.file)) return;
    const { makePlaceholder } = await import("./placeholder.ts");
    const made = await makePlaceholder(wanted.acme.domains, this.#parts.clock.now());
    await writeStored(wanted.file, made).catch((error) => {
      throw new ListenError(`tls.acme: cannot write ${wanted.file}: ${messageOf(error)}`);
    });
    // The certificate that was waited with is gone, and no client takes this one.
    this.#settled(0);
  }

  /** Keeps the certificate of `wanted`, which was made ready, from now on. */
  follow(wanted: Wanted | undefined): void {
    const none = !wanted || wanted.acme.domains.length === 0;
    const same = JSON.stringify(wanted) === JSON.stringify(this.#wanted);
    // Authorities count what fails: without a change it is not tried sooner.
    if (!same) {
      this.#wanted = none ? undefined : wanted;
      this.#settled(0);
    }
    if (none) void this.#stopListening();
    void this.#share(none ? undefined : wanted.file);
    this.#wake(0);
  }

  /** Ends it. What the authority is being asked is not waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer?.();
    await this.#share(undefined);
    await this.#stopListening();
  }

  /** Has what is in `file`, from now on, also at the other Berths; first what they have in it here. */
  async #share(file: string | undefined): Promise<void> {
    const { peers, clock } = this.#parts;
    if (!peers || this.#shared?.file === file) return;
    const old = this.#shared;
    const changed = () => this.#wake(0);
    const document = file && sharedCertificate(file, { peers, clock, changed });
    this.#shared = document ? { file, document } : undefined;
    await old?.document[Symbol.asyncDispose]();
    if (!document) return;
    await document.look();
    document.follow();
  }

  async #listen(address: string): Promise<void> {
    if (this.#listener && this.#listening === address) return;
    const handler = (request: Request) => {
      const { acme: { domains = [] } = {}, httpsPort: port = 443 } = this.#wanted ?? {};
      return this.#challenges.answer(request, { domains, port });
    };
    let next: Listener;
    try {
      next = listen({ address: parseListen(address)!, handler, warn: this.#parts.log.warn });
    } catch (error) {
      throw error instanceof ListenError
        ? new ListenError(`tls.acme.http_listen: ${error.message}`)
        : error;
    }
    await this.#stopListening();
    this.#listener = next;
    this.#listening = address;
  }

  async #stopListening(): Promise<void> {
    const old = this.#listener;
    this.#listener = undefined;
    await old?.close(0);
  }

  #wake(ms: number): void {
    this.#stopTimer?.();
    if (this.#closed || !this.#wanted) return;
    const wait = Math.min(Math.max(ms, 0), LONGEST_WAIT);
    this.#stopTimer = this.#parts.clock.after(wait, () => void this.#look());
  }

  /** Asks for a certificate where it is time; one order at a time. */
  async #look(): Promise<void> {
    const wanted = this.#wanted;
    if (this.#running || !wanted) return;
    this.#running = true;
    await this.#keep(wanted);
    this.#running = false;
    // Who wants another one by now came while this ran; what it found says nothing of theirs.
    if (this.#wanted !== wanted) this.#settled(0);
    this.#wake(this.#next - this.#parts.clock.now());
  }

  async #keep(wanted: Wanted): Promise<void> {
    const now = this.#parts.clock.now();
    let due = await this.#due(wanted);
    if (due <= now && this.#parts.peers && this.#next <= now) {
      if (await this.#awaitsTurn(now)) return;
      // Another one may have asked when it was its turn.
      await this.#shared?.document.look();
      due = await this.#due(wanted);
    }
    if (due > now) {
      this.#settled(due);
      return;
    }
    if (this.#next > now || this.#wanted !== wanted) return;
    try {
      const { notBefore, notAfter } = await this.#order(wanted);
      // By a clock that is wrong it may be due again.
      const due = dueOf(this.#stored, wanted.acme.domains);
      this.#settled(Math.max(due, now + (notAfter - notBefore) / 2));
    } catch (error) {
      this.#failed(error, wanted);
    }
  }

  async #due({ file, acme: { domains } }: Wanted): Promise<number> {
    this.#stored = await readStored(file);
    return dueOf(this.#stored, domains);
  }

  /** Whether another Berth is to ask, or nobody can say; then there is another look soon. */
  async #awaitsTurn(now: number): Promise<boolean> {
    const turn = await this.#parts.peers?.turn() ?? "mine";
    if (turn === "mine") return false;
    this.#settled(now + TURN_WAIT);
    if (turn === "unknown") {
      this.#problem = "the coordinator (cluster.url) does not answer, and one Berth asks for all";
      this.#failingSince = now;
    }
    return true;
  }

  async #order({ acme, file }: Wanted): Promise<Stored> {
    const { directory, domains, email, ca_file } = acme;
    const obtain = this.#parts.obtain ?? (await import("./order.ts")).obtain;
    const ca = ca_file ? await Deno.readTextFile(ca_file) : undefined;
    const accountFile = `${file.replace(/\.pem$/, "")}.account.key`;
    const order = { directory, domains, email, ca, accountFile };
    const made = await obtain(order, this.#challenges);
    const stored = storedOf(made.cert);
    if (!covers(stored, domains)) {
      throw new Error(`issued a certificate for ${stored.names.join(", ") || "no name"}`);
    }
    await writeStored(file, made);
    this.#stored = stored;
    await this.#shared?.document.look();
    const until = new Date(stored.notAfter).toISOString().slice(0, 16).replace("T", " ");
    this.#parts.log.info(`certificate issued for ${domains.join(", ")}, valid until ${until} UTC`);
    this.#parts.tried?.("issued");
    return stored;
  }

  #settled(next: number): void {
    this.#failures = 0;
    this.#failingSince = null;
    this.#problem = "";
    this.#next = next;
  }

  #failed(error: unknown, { acme }: Wanted): void {
    const now = this.#parts.clock.now();
    const unreached = error instanceof UpstreamError;
    const first = unreached ? UNREACHED_RETRY : FIRST_RETRY;
    const wait = Math.min(first * 2 ** this.#failures, LAST_RETRY);
    this.#failures++;
    this.#failingSince ??= now;
    this.#next = now + wait;
    const said = unreached ? error.reason : messageOf(error);
    this.#problem = `${URL.parse(acme.directory)?.host}: ${said}`;
    const again = `trying again in ${Math.round(wait / MINUTE)} min`;
    this.#parts.log.warn(
      `no certificate for ${acme.domains.join(", ")}: ${this.#problem}; ${again}`,
    );
    this.#parts.tried?.("failed");
  }
}

/** From when on another certificate is to be had: after two thirds of the time of this one. */
function dueOf(stored: Stored | undefined, domains: readonly string[]): number {
  if (!stored || stored.placeholder || !covers(stored, domains)) return -Infinity;
  return stored.notBefore + (stored.notAfter - stored.notBefore) * 2 / 3;
}

function covers({ names }: Stored, domains: readonly string[]): boolean {
  return domains.every((domain) => names.includes(domain));
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").trim();
}
