/** Sessions that were ended before their time, in memory, in a file and among several Berths. */
import type { SharedMemory } from "../base/shared_memory.ts";

const MOST = 1000;

/** Until when each session that was ended would have lasted, in Unix milliseconds. */
type Endings = Readonly<Record<string, number>>;

export interface EndedOptions {
  /** Unix milliseconds. */
  now: () => number;
  /** What was known at the last stop. */
  known?: Endings;
  /** Keeps what is known for the next start. */
  save?: (known: Endings) => Promise<void>;
  /** None: this one is alone. */
  shared?: SharedMemory | undefined;
}

export class EndedSessions {
  readonly #options: EndedOptions;
  readonly #until: Map<string, number>;
  /** Ended here, while the others could not be told. */
  readonly #untold = new Set<string>();
  #saving: Promise<void> = Promise.resolve();

  constructor(options: EndedOptions) {
    this.#options = options;
    this.#until = new Map(Object.entries(options.known ?? {}));
  }

  /** Whether the session is known here to be over. */
  has(id: string): boolean {
    return this.#until.has(id);
  }

  /** Ends the session `id`, which would have lasted until `until`; here at once. Throws where it is not kept. */
  async add(id: string, until: number): Promise<void> {
    this.#remember(id, until);
    this.#untold.add(id);
    await Promise.all([this.#save(), this.#tell()]);
  }

  /** Whether the session is over, by what the others say, too; what they did not hear yet they are told. */
  async ask(id: string, until: number): Promise<boolean> {
    if (this.has(id)) return true;
    if (this.#untold.size > 0) void this.#tell();
    if (await this.#options.shared?.get(key(id)) === undefined) return false;
    this.#remember(id, until);
    return true;
  }

  #remember(id: string, until: number): void {
    const now = this.#options.now();
    for (const [other, end] of this.#until) if (end <= now) this.#drop(other);
    this.#until.set(id, until);
    for (const other of this.#until.keys()) {
      if (this.#until.size <= MOST) break;
      this.#drop(other);
    }
  }

  #drop(id: string): void {
    this.#until.delete(id);
    this.#untold.delete(id);
  }

  async #tell(): Promise<void> {
    const { shared, now } = this.#options;
    await Promise.all([...this.#untold].map(async (id) => {
      const life = (this.#until.get(id) ?? 0) - now();
      if (!shared || life <= 0 || await shared.put(key(id), "1", life)) this.#untold.delete(id);
    }));
  }

  /** One after another, so that the last list stays. */
  #save(): Promise<void> {
    const saved = this.#saving.then(() => this.#options.save?.(Object.fromEntries(this.#until)));
    this.#saving = saved.catch(() => {});
    return saved;
  }
}

function key(id: string): string {
  return `session-over:${id}`;
}
