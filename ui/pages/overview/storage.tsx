import type { Storage } from "../../api/schema/status.ts";
import { Meter } from "../../components/meter.tsx";
import { countOf, formatBytes, formatShare } from "../../web/format.ts";
import { WORDS } from "./later_words.ts";

/** What is full, and of what. */
export function StoragePanel({ storage, at }: { storage: Storage; at: string }) {
  const { bytes, maxBytes, disk, minFreeBytes } = storage;
  return (
    <section class="panel" aria-label={WORDS.storage}>
      <div class="panel-head">
        <h2>{WORDS.storage}{at}</h2>
        {storage.evicting && <span class="badge accent">{WORDS.evicting}</span>}
      </div>
      <div class="storage">
        <Amount
          name={WORDS.cache}
          used={bytes}
          whole={maxBytes}
          note={`${countOf(storage.blobs, "blob")}${
            storage.pinnedBytes > 0 ? WORDS.pinned(formatBytes(storage.pinnedBytes)) : ""
          }`}
        />
        {disk && (
          <Amount
            name={WORDS.disk}
            used={disk.totalBytes - disk.freeBytes}
            whole={disk.totalBytes}
            note={WORDS.freeReserved(formatBytes(disk.freeBytes), formatBytes(minFreeBytes))}
            tone={disk.freeBytes < minFreeBytes
              ? "bad"
              : disk.freeBytes < 2 * minFreeBytes
              ? "warn"
              : ""}
          />
        )}
        <Amount
          name={WORDS.contentInMemory}
          used={storage.memoryBytes}
          whole={storage.maxMemoryBytes}
          note=""
        />
        {storage.outlook && <p class="muted small">{storage.outlook}</p>}
        <a href="/cache?sort=lastUsed&order=asc">{WORDS.leastRecentlyUsed}</a>
      </div>
    </section>
  );
}

interface AmountProps {
  name: string;
  used: number;
  /** 0 where there is no limit. */
  whole: number;
  note: string;
  tone?: "warn" | "bad" | "";
}

function Amount({ name, used, whole, note, tone = "" }: AmountProps) {
  const share = whole > 0 ? `, ${formatShare(used, whole)}` : "";
  return (
    <div class="storage-row">
      <div>
        <span>{name}</span>
        <strong>
          {formatBytes(used)}
          {whole > 0 && <span class="muted">{WORDS.of2(formatBytes(whole), share)}</span>}
        </strong>
      </div>
      {whole > 0 && <Meter value={used} max={whole} label={name} tone={tone} />}
      {note && <span class="muted small num">{note}</span>}
    </div>
  );
}
