/** The form of a registry: what matters first, the rest folded. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { RegistryList, RegistryView } from "../../api/schema/registries.ts";
import { TextField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { complaintOf, type Draft, signInOf, toDraft, toSettings } from "../../web/draft.ts";
import { Addresses } from "./addresses.tsx";
import { Freshness, Names, Network, Permissions } from "./folds.tsx";
import { usePreview } from "./preview.ts";
import { type Pending, SaveDialog } from "./save.tsx";
import { SignInFields } from "./sign_in.tsx";
import { TrialView, useTrial } from "./test.tsx";

interface FormProps {
  list: RegistryList;
  /** Undefined: a new one. */
  registry: RegistryView | undefined;
}

/** What the parts of the form work on. */
export interface Editing {
  draft: Draft;
  /** Paths of the secrets that are set. */
  secrets: readonly string[];
  disabled: boolean;
  change: <K extends keyof Draft>(key: K, value: Draft[K]) => void;
  /** What the server says of a setting; empty until it was touched. */
  complaint: (path: string) => string;
  /** Where the setting comes from, if it is not the file; empty where it is. */
  override: (path: string) => string;
}

const EMPTY = { url: "" };

export function RegistryForm({ list, registry }: FormProps) {
  const original = registry?.settings ?? EMPTY;
  const secrets = registry?.secrets ?? [];
  const start = useMemo(
    () => ({ ...toDraft(original), signIn: signInOf(original, secrets) }),
    [registry],
  );
  const draft = useSignal<Draft>(start);
  const name = useSignal(registry?.name ?? "");
  const touched = useSignal<ReadonlySet<string>>(new Set());
  const pending = useSignal<Pending | undefined>(undefined);
  const { trial, start: test } = useTrial();

  const settings = toSettings(draft.value, original, secrets);
  const create = registry === undefined;
  const begun = touched.value.size > 0;
  const preview = usePreview(begun ? { name: name.value, settings, create } : undefined);
  const disabled = !list.writable || registry?.editable === false;

  const touch = (key: string) => touched.value = new Set([...touched.value, key]);
  const editing: Editing = {
    draft: draft.value,
    secrets,
    disabled,
    change: (key, value) => {
      draft.value = { ...draft.value, [key]: value };
      touch(key);
    },
    complaint: (path) => {
      const key = path.split(".").at(-1)!;
      const seen = touched.value.has(key) || touched.value.has("*") ||
        (path.startsWith("auth") && touched.value.has("signIn"));
      return seen ? complaintOf(preview.fields, path) : "";
    },
    override: (path) => registry?.overrides.find((one) => one.path === path)?.origin.text ?? "",
  };
  const save = () => {
    touch("*");
    pending.value = { kind: "save", name: name.value.trim(), settings, create };
  };

  return (
    <div class="form-columns">
      <form
        class="panel"
        aria-label="Registry"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <div class="form-section">
          {create && (
            <TextField
              label="Name"
              hint="Lower-case letters, digits and dashes; part of its addresses."
              value={name.value}
              placeholder="quay"
              autofocus
              required
              disabled={disabled}
              complaint={touched.value.has("name") || touched.value.has("*")
                ? complaintOf(preview.fields, "name")
                : ""}
              onInput={(value) => {
                name.value = value;
                touch("name");
              }}
            />
          )}
          <TextField
            label="Address of the registry"
            type="url"
            value={draft.value.url}
            placeholder="https://quay.io"
            required
            disabled={disabled || editing.override("url") !== ""}
            hint={editing.override("url") && `Set by ${editing.override("url")}.`}
            complaint={editing.complaint("url")}
            onInput={(value) => editing.change("url", value)}
          />
          <SignInFields {...editing} />
        </div>
        <Names {...editing} />
        <Permissions {...editing} />
        <Freshness {...editing} />
        <Network {...editing} />
        <div class="form-foot">
          <button
            type="submit"
            class="button primary"
            disabled={disabled || (!begun && !create)}
          >
            {create ? "Review and add" : "Review and save"}
          </button>
          <button
            type="button"
            class="button"
            disabled={trial.running || draft.value.url.trim() === ""}
            onClick={() => test(name.value.trim() || "new", settings)}
          >
            Test
          </button>
          <a class="button quiet" href="/registries">Cancel</a>
          {registry && (
            <button
              type="button"
              class="button quiet danger end"
              disabled={disabled}
              onClick={() => pending.value = { kind: "delete", name: registry.name }}
            >
              <Icon name="trash" />
              Delete
            </button>
          )}
        </div>
      </form>
      <aside>
        <section class="panel" aria-label="Test">
          <div class="panel-head">
            <h2>Test</h2>
          </div>
          <div class="panel-body">
            {trial.running || trial.result || trial.error !== undefined
              ? <TrialView trial={trial} />
              : (
                <p class="muted">
                  Tests these settings before they are saved: host name, TLS, login and whether it
                  is a registry.
                </p>
              )}
          </div>
        </section>
        {registry && <Addresses registry={registry} />}
      </aside>
      {pending.value && (
        <SaveDialog
          pending={pending.value}
          onClose={() => pending.value = undefined}
        />
      )}
    </div>
  );
}
