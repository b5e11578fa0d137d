/** Shows what will be written before it is, then writes it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Preview, RegistrySettings } from "../../api/schema/registries.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Diff } from "../../components/diff.tsx";
import { Icon } from "../../components/icon.tsx";
import { ErrorLine, Skeleton } from "../../components/states.tsx";
import { toast } from "../../components/toast.tsx";
import { ApiError, call } from "../../web/client.ts";
import { navigate } from "../../web/location.ts";
import { registryPath } from "../../web/paths.ts";
import { WORDS } from "./words.ts";

/** A change that awaits its confirmation. */
export type Pending =
  | { kind: "save"; name: string; settings: RegistrySettings; create: boolean }
  | { kind: "delete"; name: string };

interface SaveDialogProps {
  pending: Pending;
  onClose: () => void;
}

export function SaveDialog({ pending, onClose }: SaveDialogProps) {
  const preview = useSignal<Preview | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);

  const review = () => {
    preview.value = undefined;
    error.value = undefined;
    const json = pending.kind === "save"
      ? { name: pending.name, settings: pending.settings, create: pending.create }
      : { name: pending.name, settings: null };
    call("post", "/registries/preview", { json }).then(
      (answer) => preview.value = answer,
      (reason) => error.value = reason,
    );
  };
  useEffect(review, []);

  const write = async () => {
    busy.value = true;
    error.value = undefined;
    try {
      await send(pending, preview.value!.revision);
      toast(doneText(pending));
      navigate(
        pending.kind === "save" && pending.create ? registryPath(pending.name) : "/registries",
      );
    } catch (reason) {
      error.value = reason;
      busy.value = false;
    }
  };

  const stale = error.value instanceof ApiError && error.value.type === "changed-underneath";
  return (
    <Dialog
      title={titleOf(pending)}
      wide
      onClose={onClose}
      foot={
        <SaveFoot
          pending={pending}
          preview={preview.value}
          stale={stale}
          busy={busy.value}
          onClose={onClose}
          onReview={review}
          onWrite={write}
        />
      }
    >
      <ErrorLine error={error.value} />
      {preview.value
        ? <Review preview={preview.value} pending={pending} />
        : !error.value && <Skeleton />}
    </Dialog>
  );
}

interface SaveFootProps {
  pending: Pending;
  preview: Preview | undefined;
  /** The file changed underneath: it has to be reviewed again. */
  stale: boolean;
  busy: boolean;
  onClose: () => void;
  onReview: () => void;
  onWrite: () => void;
}

function SaveFoot(
  { pending, preview, stale, busy, onClose, onReview, onWrite }: SaveFootProps,
) {
  const ready = preview !== undefined && preview.fields.length === 0;
  const empty = ready && preview.diff.length === 0;
  return (
    <>
      <button type="button" class="button" onClick={onClose}>
        {empty ? WORDS.close : WORDS.cancel}
      </button>
      {stale
        ? (
          <button type="button" class="button primary" onClick={onReview}>
            {WORDS.reviewAgain}
          </button>
        )
        : !empty && (
          <button
            type="button"
            class={`button primary${pending.kind === "delete" ? " danger" : ""}`}
            disabled={!ready || busy}
            onClick={onWrite}
          >
            {busy && <span class="spinner" aria-hidden="true" />}
            {actionOf(pending)}
          </button>
        )}
    </>
  );
}

function Review({ preview, pending }: { preview: Preview; pending: Pending }) {
  if (preview.fields.length > 0) {
    return (
      <ul class="consequences" role="alert">
        {preview.fields.map(({ path, message }) => (
          <li key={path}>
            <span class="tone-bad">
              <Icon name="bad" />
            </span>
            <span>
              <code>{path}</code>: {message}
            </span>
          </li>
        ))}
      </ul>
    );
  }
  if (preview.diff.length === 0) return <p>{WORDS.nothingChangesInTheFile}</p>;
  return (
    <>
      {pending.kind === "delete" && (
        <p>
          {WORDS.clientsUsingItWillGet}
        </p>
      )}
      <p>{WORDS.thisIsWrittenToThe}</p>
      <Diff file={preview.file} lines={preview.diff} />
    </>
  );
}

function send(pending: Pending, revision: string): Promise<unknown> {
  if (pending.kind === "delete") {
    const param = { name: pending.name };
    return call("delete", "/registries/:name", { param }, { revision });
  }
  const { name, settings, create } = pending;
  const json = { name, settings };
  return create
    ? call("post", "/registries", { json }, { revision })
    : call("put", "/registries/:name", { param: { name }, json }, { revision });
}

function titleOf(pending: Pending): string {
  if (pending.kind === "delete") return `Delete ${pending.name}?`;
  return pending.create ? WORDS.add(pending.name || WORDS.theRegistry) : WORDS.change(pending.name);
}

function actionOf(pending: Pending): string {
  if (pending.kind === "delete") return WORDS.deleteRegistry(pending.name);
  return pending.create ? WORDS.add(pending.name) : WORDS.saveTheChange;
}

function doneText(pending: Pending): string {
  if (pending.kind === "delete") return WORDS.isDeleted(pending.name);
  return pending.create ? WORDS.isAdded(pending.name) : WORDS.isChanged(pending.name);
}
