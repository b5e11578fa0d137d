/** What was refused lately. */
import { LRUCache } from "lru-cache";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";
import { type HostReason, isAboutHost, type Refusal } from "./refusal.ts";

export interface RefusedHost {
  host: string;
  port: number;
  reason: HostReason;
  message: string;
  count: number;
  /** When it was refused last, in Unix milliseconds, and to which client address. */
  last: number;
  client: string;
}

/** Hosts that clients asked for and were refused, for the operator to allow or not. */
export class RefusedHosts {
  readonly #hosts = new LRUCache<string, RefusedHost>({ max: 200 });

  /** Records a refusal of `endpoint`; one that is about the client or its request is ignored. */
  add(endpoint: Endpoint, refusal: Refusal, client: string, now: number): void {
    const { reason, message } = refusal;
    if (!isAboutHost(reason)) return;
    const key = formatEndpoint(endpoint);
    const count = (this.#hosts.get(key)?.count ?? 0) + 1;
    this.#hosts.set(key, { ...endpoint, reason, message, count, last: now, client });
  }

  /** The latest first. */
  list(): RefusedHost[] {
    return [...this.#hosts.values()];
  }

  /** Forgets the hosts that are `allowed` by now. */
  prune(allowed: (endpoint: Endpoint) => boolean): void {
    for (const [key, host] of this.#hosts.entries()) if (allowed(host)) this.#hosts.delete(key);
  }
}
