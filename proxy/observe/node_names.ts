/** Names of clients by reverse look-up: out of a request's way, remembered, and not too many at once. */
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import { turns } from "../../base/turns.ts";
import type { Config } from "../config/schema.ts";

/** Names that an address has, of which the first counts. Throws where it has none. */
export type ReverseLookup = (address: string, signal: AbortSignal) => Promise<string[]>;

interface NodeNamesOptions {
  lookup: ReverseLookup;
  /** Unix milliseconds. */
  now(): number;
  /** `clients.names` of the configuration in force. */
  which(): Config["clients"]["names"];
}

const KEPT = 10_000;
const KEPT_MS = 3600e3;
/** Where there is no name, or nobody said. */
const NONE_KEPT_MS = 600e3;
const AT_ONCE = 4;
/** More are not remembered until some are done: they will be asked for again. */
const WAITING = 500;
const LIMIT_MS = 3000;

export class NodeNames {
  readonly #options: NodeNamesOptions;
  readonly #names: LRUCache<string, string>;
  readonly #turns = turns(AT_ONCE);
  /** Look-ups that are on or wait. */
  #asked = 0;

  constructor(options: NodeNamesOptions) {
    this.#options = options;
    this.#names = new LRUCache({
      ...atMost(KEPT),
      ttlResolution: 0, // without a timer of its own
      perf: { now: options.now },
    });
  }

  /** The name of `address` as far as it is known; it is looked up for the next time where it is not. */
  of(address: string): string {
    if (this.#options.which() === "off") return "";
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    if (this.#mayAsk(address) && this.#asked < AT_ONCE + WAITING) void this.#learn(address);
    return "";
  }

  /** Addresses whose known name has `text` in it. */
  named(text: string, limit = 500): string[] {
    const wanted = text.toLowerCase();
    const found: string[] = [];
    for (const [address, name] of this.#names.entries()) {
      if (name.toLowerCase().includes(wanted)) found.push(address);
      if (found.length === limit) break;
    }
    return found;
  }

  #mayAsk(address: string): boolean {
    const which = this.#options.which();
    return ipaddr.isValid(address) && (which === "all" || isPrivate(address));
  }

  async #learn(address: string): Promise<void> {
    // Until it is known, so that it is asked for once.
    this.#names.set(address, "", { ttl: NONE_KEPT_MS });
    this.#asked++;
    const name = await this.#turns(() => this.#look(address));
    this.#names.set(address, name, { ttl: name ? KEPT_MS : NONE_KEPT_MS });
    this.#asked--;
  }

  async #look(address: string): Promise<string> {
    try {
      const [name = ""] = await this.#options.lookup(address, AbortSignal.timeout(LIMIT_MS));
      const plain = name.replace(/\.$/, "");
      return NAME.test(plain) ? plain : "";
    } catch {
      return ""; // No name, or no answer: the address itself is shown.
    }
  }
}

/** What somebody else's zone may say is shown only if it is a name. */
const NAME = /^[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9])?$/i;

const PRIVATE = ["private", "uniqueLocal", "linkLocal", "carrierGradeNat"];

function isPrivate(address: string): boolean {
  return PRIVATE.includes(ipaddr.process(address).range());
}
