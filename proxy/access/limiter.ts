/** A brake on guessing: failed sign-ins are counted per address and in total. */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import type { SharedMemory, SharedRate } from "../../base/shared_memory.ts";
import { clientNetwork } from "../http/origin.ts";

interface Bucket {
  tokens: number;
  at: number;
}

/** `burst` failures at once, then one more every `everyMs`. */
export interface Rate {
  burst: number;
  everyMs: number;
}

const PER_ADDRESS: Rate = { burst: 5, everyMs: 30e3 };
const TOTAL: Rate = { burst: 100, everyMs: 3e3 };
const MAX_ADDRESSES = 10_000;

/** An address has to wait before it may try another password. */
export class TooManyAttempts extends Error {
  override readonly name = "TooManyAttempts";

  constructor(readonly waitMs: number) {
    super(`too many failed sign-ins; try again in ${Math.ceil(waitMs / 1000)} seconds`);
  }
}

interface LimiterOptions {
  /** Unix milliseconds. */
  now: () => number;
  perAddress?: Rate;
  total?: Rate;
  /** What others of a cluster count, too; `name` is that of the door. None: this one is alone. */
  shared?: { memory: SharedMemory; name: string } | undefined;
}

/**
 * Token buckets. An attempt takes its token before the password is looked at and gets it back when
 * it was right, so attempts in parallel cannot outrun the count, nor keep scrypt busy.
 */
export class LoginLimiter {
  readonly #addresses: LRUCache<string, Bucket>;
  readonly #total: Bucket;
  readonly #now: () => number;
  readonly #perAddressRate: Rate;
  readonly #totalRate: Rate;
  readonly #shared: LimiterOptions["shared"];

  constructor(options: LimiterOptions) {
    this.#now = options.now;
    this.#perAddressRate = options.perAddress ?? PER_ADDRESS;
    this.#totalRate = options.total ?? TOTAL;
    this.#shared = options.shared;
    const { burst, everyMs } = this.#perAddressRate;
    this.#addresses = new LRUCache({
      ...atMost(MAX_ADDRESSES),
      ttl: burst * everyMs, // a bucket is full again by then, as a new one is
      updateAgeOnGet: true,
      ttlResolution: 0, // without a timer of its own
      perf: { now: this.#now },
    });
    this.#total = { tokens: this.#totalRate.burst, at: this.#now() };
  }

  /**
   * Takes a token for `address`, here at once and then at the others. Milliseconds to wait when there
   * is none, otherwise 0.
   */
  async take(address: string): Promise<number> {
    const wait = this.#takeHere(address);
    if (wait > 0 || !this.#shared) return wait;
    const elsewhere = await this.#shared.memory.take(this.#rates(address));
    if (elsewhere > 0) this.#giveBackHere(address);
    return elsewhere;
  }

  /** Gives back what `take` took: the attempt was no failure. */
  giveBack(address: string): void {
    this.#giveBackHere(address);
    void this.#shared?.memory.giveBack(this.#rates(address));
  }

  #takeHere(address: string): number {
    const own = this.#bucket(address);
    const wait = Math.max(
      this.#refill(own, this.#perAddressRate),
      this.#refill(this.#total, this.#totalRate),
    );
    if (wait > 0) return wait;
    own.tokens--;
    this.#total.tokens--;
    return 0;
  }

  #giveBackHere(address: string): void {
    const own = this.#bucket(address);
    own.tokens = Math.min(this.#perAddressRate.burst, own.tokens + 1);
    this.#total.tokens = Math.min(this.#totalRate.burst, this.#total.tokens + 1);
  }

  #rates(address: string): SharedRate[] {
    const door = `sign-in:${this.#shared?.name}`;
    return [
      { ...this.#perAddressRate, key: `${door} ${clientNetwork(address)}` },
      { ...this.#totalRate, key: door },
    ];
  }

  #bucket(address: string): Bucket {
    const key = clientNetwork(address);
    const known = this.#addresses.get(key);
    if (known) return known;
    const bucket = { tokens: this.#perAddressRate.burst, at: this.#now() };
    this.#addresses.set(key, bucket);
    return bucket;
  }

  #refill(bucket: Bucket, rate: Rate): number {
    const gained = Math.max(0, Math.floor((this.#now() - bucket.at) / rate.everyMs));
    bucket.tokens += gained;
    bucket.at += gained * rate.everyMs;
    if (bucket.tokens >= rate.burst) {
      bucket.tokens = rate.burst;
      bucket.at = this.#now();
    }
    return bucket.tokens >= 1 ? 0 : bucket.at + rate.everyMs - this.#now();
  }
}
