/** What was changed above a configuration file that cannot be written. */
import { useSignal } from "@preact/signals";
import type { OverlayView } from "../../api/schema/config.ts";
import { Dialog } from "../../components/dialog.tsx";
import { toast } from "../../components/toast.tsx";
import { call, messageOf } from "../../web/client.ts";
import { countOf } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { useResource } from "../../web/resource.ts";
import { WORDS } from "./words.ts";

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
      toast(path === undefined ? WORDS.theOverlayWasDropped : WORDS.wasDropped(path));
    } catch (error) {
      const { title, detail } = messageOf(error);
      toast([title, detail].filter(Boolean).join(": "), true);
    }
    overlay.reload();
    onDropped();
  };
  return (
    <section class="panel" aria-label={WORDS.overlay}>
      <div class="panel-head">
        <h2>{WORDS.overlay}</h2>
        <span class="overlay-actions">
          {items.length > 0 && (
            <a class="button" href="/api/v1/config/overlay?format=yaml" download>
              {WORDS.downloadYaml}
            </a>
          )}
          {may("admin") && (
            <button type="button" class="button" onClick={() => asking.value = true}>
              {WORDS.dropAll}
            </button>
          )}
        </span>
      </div>
      <div class="panel-body stack">
        {problem && <p class="tone-bad">{WORDS.notUsed} {problem}</p>}
        <p class="muted">
          {WORDS.aboveTheConfigurationFile(countOf(items.length, "change"))}
          {shared ? WORDS.atAllBerthsOfThe : WORDS.keptIn}
          <code class="break">{file}</code>
          {WORDS.putTheYamlIntoThe}
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
      title={WORDS.dropTheOverlay}
      onClose={onClose}
      foot={
        <>
          <button type="button" class="button" onClick={onClose}>{WORDS.cancel}</button>
          <button type="button" class="button primary danger" onClick={onDrop}>
            {WORDS.dropAll}
          </button>
        </>
      }
    >
      <p>
        {WORDS.madeInTheDashboardWill(
          countOf(count, "change"),
          shared ? WORDS.atAllBerthsOfThe2 : "",
        )}
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
          ? <span>{WORDS.removed}</span>
          : secret
          ? <span class="muted">{WORDS.setNotShown}</span>
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
          aria-label={WORDS.drop(path)}
          onClick={() => drop(path)}
        >
          {WORDS.drop2}
        </button>
      )}
    </li>
  );
}
