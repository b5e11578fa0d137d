/** The certificate of a cluster: one of its Berths asks for it, all answer for it, and all have it. */
import { basename } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { SharedDocument, type SharedDocuments } from "../../base/shared_document.ts";
import type { SharedMemory } from "../../base/shared_memory.ts";
import { readStored, writePrivate } from "./stored.ts";

/** The other Berths, as far as a certificate needs them. */
export interface AcmePeers {
  /** Where answers to challenges are for all. */
  readonly memory: Pick<SharedMemory, "get" | "put" | "forget">;
  readonly documents: SharedDocuments;
  /** Whether it falls to this one to ask the authority. */
  turn(): Promise<"mine" | "another's" | "unknown">;
  /** Has the others look for another certificate. */
  tell(): void;
  /** Calls `listener` when one of the others has told. */
  onTold(listener: () => void): void;
}

/** Keeps the certificate in `file` the same at all; `changed` is told of one that another has got. */
export function sharedCertificate(
  file: string,
  { peers, clock, changed }: { peers: AcmePeers; clock: Clock; changed: () => void },
): SharedDocument {
  const { documents, tell } = peers;
  const document = new SharedDocument({
    // Each authority's has a name of its own.
    name: `certificate:${basename(file)}`,
    documents,
    clock,
    async mine() {
      const stored = await readStored(file);
      if (!stored || stored.placeholder) return undefined;
      // By the authority's clock.
      return { version: stored.notBefore / 1000, text: await Deno.readTextFile(file) };
    },
    keep: ({ text }) => writePrivate(file, text),
    changed: () => Promise.resolve(changed()),
    tell,
  });
  peers.onTold(() => void document.look());
  return document;
}
