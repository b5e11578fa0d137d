/** Lets clients of the forward proxy reach a host that they were refused. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Forward, RefusedHost } from "../../api/schema/connect.ts";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorLine } from "../../components/states.tsx";
import { toast } from "../../components/toast.tsx";
import { call } from "../../web/client.ts";
import { WORDS } from "./words.ts";

/** A host that something could be added for. */
export type Allowable = RefusedHost & { entry: string };

interface AllowDialogProps {
  refused: Allowable;
  /** As last loaded. */
  forward: Forward;
  /** Loads it again. */
  reload: () => void;
  onClose: () => void;
}

export function AllowDialog({ refused, forward, reload, onClose }: AllowDialogProps) {
  const { host, port, entry, reason } = refused;
  // What the reader sees when deciding; after a refusal, what was loaded since.
  const revision = useRef<string | undefined>(forward.revision);
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const allow = async () => {
    busy.value = true;
    error.value = undefined;
    try {
      const json = { host, port };
      const based = revision.current ?? forward.revision;
      await call("post", "/forward/allowed-hosts", { json }, { revision: based });
      toast(WORDS.clientsMayReach(entry));
      onClose();
    } catch (reason) {
      error.value = reason;
      revision.current = undefined;
      busy.value = false;
    }
    reload();
  };
  return (
    <Dialog
      title={WORDS.letClientsReach(host)}
      onClose={onClose}
      foot={
        <>
          <button type="button" class="button" onClick={onClose}>{WORDS.cancel}</button>
          <button type="button" class="button primary" disabled={busy.value} onClick={allow}>
            {busy.value && <span class="spinner" aria-hidden="true" />}
            {WORDS.allow(entry)}
          </button>
        </>
      }
    >
      <ErrorLine error={error.value} />
      <p>
        {WORDS.everyClientOfTheForward} <strong>{host}</strong>{" "}
        {reason === "host" && entry === hostOf(entry)
          ? WORDS.onPorts443And80
          : WORDS.onPortAndOnNo(port)}
        {WORDS.berthDoesNotInspect}
      </p>
      <p class="muted">
        <code>{entry}</code> {WORDS.isAddedTo} <code>forward.allowed_hosts</code> {WORDS.in}{" "}
        <code class="break">{forward.file}</code>
        {WORDS.theRestOfTheFile}
      </p>
    </Dialog>
  );
}

/** `entry` without its port. */
function hostOf(entry: string): string {
  return entry.replace(/:\d+$/, "");
}
