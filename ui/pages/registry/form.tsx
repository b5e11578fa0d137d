/** The form of a registry: what matters first, the rest folded. */
import { useSignal } from "@preact/signals";
import type { RegistryList, RegistryView } from "../../api/schema/registries.ts";
import { TextField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { may } from "../../web/session.ts";
import { Addresses } from "./addresses.tsx";
import { type RegistryEditing, useEditing } from "./editing.ts";
import { Freshness, Names, Network, Permissions } from "./folds.tsx";
import { type Pending, SaveDialog } from "./save.tsx";
import { SignInFields } from "./sign_in.tsx";
import { TestPanel, useTrial } from "./test.tsx";
import { WORDS } from "./words.ts";

interface FormProps {
  list: RegistryList;
  /** Undefined: a new one. */
  registry: RegistryView | undefined;
}

export function RegistryForm({ list, registry }: FormProps) {
  const state = useEditing(list, registry);
  const { editing, create, name, settings } = state;
  const pending = useSignal<Pending | undefined>(undefined);
  const { trial, start: test } = useTrial();
  const save = (event: Event) => {
    event.preventDefault();
    state.touchAll();
    pending.value = { kind: "save", name: name.trim(), settings, create };
  };
  return (
    <div class="form-columns">
      <form class="panel" aria-label={WORDS.registry} onSubmit={save}>
        <div class="form-section">
          {create && <NameField state={state} />}
          <AddressField state={state} />
          <SignInFields {...editing} />
        </div>
        <Names {...editing} />
        <Permissions {...editing} />
        <Freshness {...editing} />
        <Network {...editing} />
        <FormFoot
          state={state}
          testing={trial.running}
          onTest={() =>
            may("registries") ? test(name.trim() || "new", settings) : test(registry!.name)}
          onDelete={registry && (() => pending.value = { kind: "delete", name: registry.name })}
        />
      </form>
      <aside>
        {may("cache") && <TestPanel trial={trial} />}
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

function NameField({ state }: { state: RegistryEditing }) {
  return (
    <TextField
      label={WORDS.name}
      hint={WORDS.lowerCaseLettersDigitsAnd}
      value={state.name}
      placeholder="quay"
      autofocus
      required
      disabled={state.editing.disabled}
      complaint={state.nameComplaint}
      onInput={state.rename}
    />
  );
}

function AddressField({ state: { editing } }: { state: RegistryEditing }) {
  const override = editing.override("url");
  return (
    <TextField
      label={WORDS.addressOfTheRegistry}
      type="url"
      value={editing.draft.url}
      placeholder="https://quay.io"
      required
      disabled={editing.disabled || override !== ""}
      hint={override && WORDS.setBy(override)}
      complaint={editing.complaint("url")}
      onInput={(value) => editing.change("url", value)}
    />
  );
}

interface FootProps {
  state: RegistryEditing;
  testing: boolean;
  onTest: () => void;
  /** Undefined where there is nothing to delete yet. */
  onDelete: (() => void) | undefined;
}

function FormFoot({ state, testing, onTest, onDelete }: FootProps) {
  const { editing: { disabled, draft }, create, begun } = state;
  return (
    <div class="form-foot">
      {may("registries") && (
        <button type="submit" class="button primary" disabled={disabled || (!begun && !create)}>
          {create ? WORDS.reviewAndAdd : WORDS.reviewAndSave}
        </button>
      )}
      {may("cache") && (
        <button
          type="button"
          class="button"
          disabled={testing || draft.url.trim() === ""}
          onClick={onTest}
        >
          {WORDS.test}
        </button>
      )}
      <a class="button quiet" href="/registries">{may("registries") ? WORDS.cancel : WORDS.back}</a>
      {onDelete && may("registries") && (
        <button
          type="button"
          class="button quiet danger end"
          disabled={disabled}
          onClick={onDelete}
        >
          <Icon name="trash" />
          {WORDS.delete}
        </button>
      )}
    </div>
  );
}
