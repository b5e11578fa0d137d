import type { Storage } from "../../api/schema/status.ts";
import { Meter } from "../../components/meter.tsx";
import { countOf, formatBytes, formatShare } from "../../web/format.ts";

/** What is full, and of what. */
export function StoragePanel({ storage, at }: { storage: Storage; at: string }) {
  const { bytes, maxBytes, disk, minFreeBytes } = storage;
  return (
    <section class="panel" aria-label="Storage">
      <div class="panel-head">
        <h2>Storage{at}</h2>
        {storage.evicting && <span class="badge accent">Evicting</span>}
      </div>
      <div class="storage">
        <Amount
          name="Cache"
          used={bytes}
          whole={maxBytes}
          note={`${countOf(storage.blobs, "blob")}${
            storage.pinnedBytes > 0 ? `, ${formatBytes(storage.pinnedBytes)} pinned` : ""
          }`}
        />
        {disk && (
          <Amount
            name="Disk"
            used={disk.totalBytes - disk.freeBytes}
            whole={disk.totalBytes}
            note={`${formatBytes(disk.freeBytes)} free, ${formatBytes(minFreeBytes)} reserved`}
            tone={disk.freeBytes < minFreeBytes
              ? "bad"
              : disk.freeBytes < 2 * minFreeBytes
              ? "warn"
              : ""}
          />
        )}
        <Amount
          name="Content in memory"
          used={storage.memoryBytes}
          whole={storage.maxMemoryBytes}
          note=""
        />
        {storage.outlook && <p class="muted small">{storage.outlook}</p>}
        <a href="/cache?sort=lastUsed&order=asc">Least recently used</a>
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
          {whole > 0 && <span class="muted">{` of ${formatBytes(whole)}${share}`}</span>}
        </strong>
      </div>
      {whole > 0 && <Meter value={used} max={whole} label={name} tone={tone} />}
      {note && <span class="muted small num">{note}</span>}
    </div>
  );
}
