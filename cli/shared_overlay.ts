/** The overlay of a cluster: a change on the dashboard of one Berth is one of the configuration of all. */
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { type Document, SharedDocument, type SharedDocuments } from "../base/shared_document.ts";
import { differences, type FileMarks, fileMarks } from "../proxy/config/file_marks.ts";
import type { LiveConfig } from "../proxy/config/live.ts";
import { asShared, parseOverlay, versionOf } from "../proxy/config/overlay.ts";
import { realSystem } from "../proxy/config/system.ts";
import type { SharedOverlay } from "../proxy/config/write_place.ts";
import type { StatePeers } from "./shared_state.ts";

/** What shares it with others; see `Cluster`. */
interface OverlayPeers extends StatePeers {
  readonly documents: SharedDocuments;
}

interface OverlayParts {
  peers: OverlayPeers;
  /** For marks of what the file says. */
  keys: readonly Uint8Array[];
  clock: Clock;
  log: { info(line: string): void; warn(line: string): void };
}

const TOPIC = "overlay";
const PATIENCE = 2000;
/** Where this Berth's own changes go, when the cluster has others. */
const ASIDE = "overlay.own.yaml";

const said = z.object({ version: z.number(), file: z.record(z.string(), z.string()) });

/**
 * Has `live` take part in the overlay of its cluster until the result is disposed of. Resolves once it
 * has what the others have, if they are heard of; `live` may have been reloaded by then.
 */
export async function shareOverlay(
  live: LiveConfig,
  parts: OverlayParts,
): Promise<AsyncDisposable> {
  const shared = new Shared(live, parts);
  await shared.start();
  live.shared = shared;
  return shared;
}

class Shared implements SharedOverlay, AsyncDisposable {
  readonly #live: LiveConfig;
  readonly #parts: OverlayParts;
  readonly #document: SharedDocument;
  #differing: SharedOverlay["differing"] = [];

  constructor(live: LiveConfig, parts: OverlayParts) {
    this.#live = live;
    this.#parts = parts;
    const { peers, clock } = parts;
    this.#document = new SharedDocument({
      name: TOPIC,
      documents: peers.documents,
      clock,
      mine: async () => {
        const text = await this.#text();
        return versionOf(text) > 0 ? { version: versionOf(text), text } : undefined;
      },
      keep: (document) => this.#keep(document),
      changed: () => live.reload("cluster"),
      tell: () => peers.tellOthers(TOPIC, TOPIC, null),
    });
  }

  get problem(): string {
    return this.#document.problem;
  }

  get differing(): SharedOverlay["differing"] {
    return this.#differing;
  }

  told(): { version: number; file: FileMarks } {
    const { overlay, stated } = this.#live.loaded;
    return { version: versionOf(overlay?.text ?? ""), file: fileMarks(stated, this.#parts.keys) };
  }

  async start(): Promise<void> {
    this.#parts.peers.onTold(TOPIC, () => void this.#document.look());
    await this.#document.look();
    await this.#offer();
    this.#document.follow(async () => {
      await this.#offer();
      await this.#compare();
    });
  }

  write(overlay: Document): ReturnType<SharedDocument["write"]> {
    return this.#document.write(overlay);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#document[Symbol.asyncDispose]();
  }

  /** What this one had before it was in a cluster is the cluster's, where that has nothing. */
  async #offer(): Promise<void> {
    const text = await this.#text();
    if (this.problem || versionOf(text) > 0 || !saysSomething(text)) return;
    const offered = await this.#document.write({ version: 1, text: asShared(text, 1) });
    if (offered === "older") await this.#document.look();
  }

  async #keep({ text }: Document): Promise<void> {
    const before = await this.#text();
    if (versionOf(before) === 0 && saysSomething(before)) {
      const aside = join(dirname(this.#file), ASIDE);
      await this.#system.keepFile(aside, before);
      this.#parts.log.warn(
        `the overlay of this Berth gives way to its cluster's; what it said is in ${aside}`,
      );
    }
    await this.#system.keepFile(this.#file, text);
  }

  /** Asks the others what stands for their files, and tidies up where all say the same. */
  async #compare(): Promise<void> {
    const { peers, log } = this.#parts;
    const own = this.told();
    const all = await Promise.all(
      peers.status().peers.map(async ({ id, problem }) => {
        if (problem !== "") return { id, told: undefined };
        const told = await peers.told(id, TOPIC, AbortSignal.timeout(PATIENCE)).catch(() => {});
        return { id, told: said.safeParse(told).data };
      }),
    );
    const before = new Map(this.#differing.map(({ id, keys }) => [id, keys.join(", ")]));
    this.#differing = all.flatMap(({ id, told }) => {
      // One that does not answer now has not mended its file by that.
      if (!told) return this.#differing.filter((it) => it.id === id);
      const keys = differences(own.file, told.file);
      return keys.length > 0 ? [{ id, keys }] : [];
    });
    for (const { id, keys } of this.#differing) {
      if (before.get(id) === keys.join(", ")) continue;
      log.warn(`the configuration file of ${id} is not the same as this one's: ${keys.join(", ")}`);
    }
    for (const id of before.keys()) {
      if (this.#differing.some((it) => it.id === id)) continue;
      log.info(`the configuration file of ${id} no longer differs from this one's`);
    }
    const alike = all.every(({ told }) => told?.version === own.version);
    if (alike && this.#differing.length === 0) await this.#tidy(own.version);
  }

  /** Takes out of the overlay what the file says by now, too, which it does at all of them. */
  async #tidy(version: number): Promise<void> {
    const { overlay } = this.#live.loaded;
    if (overlay?.replaces === undefined || version === 0 || overlay.problem) return;
    const text = asShared(overlay.text, version + 1);
    if (await this.#document.write({ version: version + 1, text }) === "kept") {
      await this.#live.reload("cluster");
    }
  }

  get #file(): string {
    return this.#live.loaded.overlay!.file;
  }

  get #system() {
    return this.#live.input.system ?? realSystem;
  }

  async #text(): Promise<string> {
    return await this.#system.readFile(this.#file).catch(() => "");
  }
}

function saysSomething(text: string): boolean {
  const { settings, problems } = parseOverlay("", text);
  return settings.length + problems.length > 0;
}
