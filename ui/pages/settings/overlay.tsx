/** What was changed above a configuration file that cannot be written. */
import { useSignal } from "@preact/signals";
import type { OverlayView } from "../../api/schema/config.ts";
import { Dialog } from "../../components/dialog.tsx";
import { toast } from "../../components/toast.tsx";
import { call, messageOf } from "../../web/client.ts";
import { countOf } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { useResource } from "../../web/resource.ts";

/** The overlay; nothing where there is none. */
export function OverlayPanel({ onDropped }: { onDropped: () => void }) {
  const overlay = useResource("/config/overlay", { query: {} }, { everyMs: 15e3 });
  const asking = useSignal(false);
  const { file, problem, shared, items = [] } = overlay.data ?? {};
  if (items.length === 0 && !problem) return null;
  const drop = async (path?: string) => {
    asking.value = false;
    try {
      await call("delete", "/config/overlay", { query: path === undefined ? {} : { path } });
      toast(path === undefined ? "The overlay was dropped" : `${path} was dropped`);
    } catch (error) {
      const { title, detail } = messageOf(error);
      toast([title, detail].filter(Boolean).join(": "), true);
    }
    overlay.reload();
    onDropped();
  };
  return (
    <section class="panel" aria-label="Overlay">
      <div class="panel-head">
        <h2>Overlay</h2>
        <span class="overlay-actions">
          {items.length > 0 && (
            <a class="button" href="/api/v1/config/overlay?format=yaml" download>Download YAML</a>
          )}
          {may("admin") && (
            <button type="button" class="button" onClick={() => asking.value = true}>
              Drop all
            </button>
          )}
        </span>
      </div>
      <div class="panel-body stack">
        {problem && <p class="tone-bad">Not used: {problem}</p>}
        <p class="muted">
          {`${countOf(items.length, "change")} above the configuration file, `}
          {shared ? "at all Berths of the cluster, each in its " : "kept in "}
          <code class="break">{file}</code>. Put the YAML into the chart's values, or the file
          itself: a change that the file has, too, is dropped here.
        </p>
        <ul class="overlay-changes">
          {items.map((item) => <Change key={item.path} item={item} drop={drop} />)}
        </ul>
      </div>
      {asking.value && (
        <DropDialog
          count={items.length}
          shared={shared === true}
          onClose={() => asking.value = false}
          onDrop={() => drop()}
        />
      )}
    </section>
  );
}

function DropDialog({ count, shared, onClose, onDrop }: {
  count: number;
  shared: boolean;
  onClose: () => void;
  onDrop: () => void;
}) {
  return (
    <Dialog
      title="Drop the overlay?"
      onClose={onClose}
      foot={
        <>
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="button" class="button primary danger" onClick={onDrop}>Drop all</button>
        </>
      }
    >
      <p>
        {`${countOf(count, "change")} made in the dashboard will be lost${
          shared ? ", at all Berths of the cluster" : ""
        }. The configuration file alone counts then.`}
      </p>
    </Dialog>
  );
}

function Change(
  { item, drop }: { item: OverlayView["items"][number]; drop: (path: string) => void },
) {
  const { path, text, fileText, removed, secret } = item;
  return (
    <li>
      <div>
        <code class="break">{path}</code>
        {removed
          ? <span>removed</span>
          : secret
          ? <span class="muted">set, not shown</span>
          : (
            <span class="break">
              {fileText && <span class="muted">{`${fileText} → `}</span>}
              {text}
            </span>
          )}
      </div>
      {may("admin") && (
        <button
          type="button"
          class="button quiet"
          aria-label={`Drop ${path}`}
          onClick={() => drop(path)}
        >
          Drop
        </button>
      )}
    </li>
  );
}
