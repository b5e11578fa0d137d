/** Makes a token and shows it, this once. */
import { useSignal } from "@preact/signals";
import type { MadeToken, Scope } from "../../api/schema/tokens.ts";
import { CheckField, type Choice, SelectField } from "../../components/choice.tsx";
import { Snippet } from "../../components/snippet.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { ErrorLine } from "../../components/states.tsx";
import { useAction } from "../../web/action.ts";
import { ApiError, call } from "../../web/client.ts";
import { serverNow } from "../../web/live.ts";
import { WORDS } from "./words.ts";

const SCOPES: { scope: Scope; text: string }[] = [
  { scope: "pull", text: WORDS.signInAtTheRegistry },
  { scope: "metrics", text: "read /metrics" },
  { scope: "read", text: WORDS.lookAtEverythingThatThe },
  { scope: "cache", text: WORDS.lookPullEvictPinVerify },
  { scope: "registries", text: WORDS.lookAddChangeAndRemove },
  { scope: "admin", text: WORDS.everythingTokensAndTheAudit },
];

const DAY = 86400e3;
const TERMS: readonly Choice<string>[] = [
  { value: String(7 * DAY), text: "in 7 days" },
  { value: String(30 * DAY), text: "in 30 days" },
  { value: String(90 * DAY), text: "in 90 days" },
  { value: String(365 * DAY), text: WORDS.inAYear },
  { value: "", text: "never" },
];

export function NewTokenDialog({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const made = useSignal<MadeToken | undefined>(undefined);
  const done = (token: MadeToken) => {
    made.value = token;
    onMade();
  };
  return made.value
    ? <Made made={made.value} onClose={onClose} />
    : <NewToken onMade={done} onClose={onClose} />;
}

function NewToken(
  { onMade, onClose }: { onMade: (token: MadeToken) => void; onClose: () => void },
) {
  const name = useSignal("");
  const scopes = useSignal<readonly Scope[]>([]);
  const term = useSignal(String(90 * DAY));
  const { busy, error, run } = useAction();
  const make = (event: Event) => {
    event.preventDefault();
    const json = { name: name.value.trim(), scopes: [...scopes.value], expires: endOf(term.value) };
    return run(async () => onMade(await call("post", "/tokens", { json })));
  };
  const fields = error.value instanceof ApiError ? error.value.fields : [];
  return (
    <Dialog
      title={WORDS.newToken}
      onClose={onClose}
      foot={<NewTokenFoot disabled={busy.value || scopes.value.length === 0} onClose={onClose} />}
    >
      <form id="new-token" class="stack" onSubmit={make}>
        {error.value !== undefined && fields.length === 0 && <ErrorLine error={error.value} />}
        <TextField
          label={WORDS.name}
          hint={WORDS.whatItIsForShown}
          placeholder="ci"
          required
          value={name.value}
          complaint={fields.map(({ message }) => message).join("; ")}
          onInput={(value) => name.value = value}
        />
        <ScopeFields chosen={scopes.value} onInput={(chosen) => scopes.value = chosen} />
        <SelectField
          label={WORDS.expires}
          value={term.value}
          choices={TERMS}
          onInput={(value) => term.value = value}
        />
      </form>
    </Dialog>
  );
}

function NewTokenFoot({ disabled, onClose }: { disabled: boolean; onClose: () => void }) {
  return (
    <>
      <button type="button" class="button" onClick={onClose}>{WORDS.cancel}</button>
      <button type="submit" form="new-token" class="button primary" disabled={disabled}>
        {WORDS.makeToken}
      </button>
    </>
  );
}

/** When a token of `term` milliseconds that is made now expires; null: never. */
function endOf(term: string): number | null {
  return term === "" ? null : Math.round(serverNow() + Number(term));
}

function ScopeFields(
  { chosen, onInput }: { chosen: readonly Scope[]; onInput: (chosen: readonly Scope[]) => void },
) {
  const toggle = (scope: Scope, on: boolean) =>
    onInput(on ? [...chosen, scope] : chosen.filter((one) => one !== scope));
  return (
    <fieldset class="stack">
      <legend>{WORDS.itMay}</legend>
      {SCOPES.map(({ scope, text }) => (
        <CheckField
          key={scope}
          label={scope}
          hint={text}
          checked={chosen.includes(scope)}
          onInput={(on) => toggle(scope, on)}
        />
      ))}
    </fieldset>
  );
}

function Made({ made, onClose }: { made: MadeToken; onClose: () => void }) {
  const { name, token, scopes } = made;
  const dashboard = scopes.some((scope) => scope !== "pull");
  const path = scopes.includes("metrics") && scopes.length === 1 ? "/metrics" : "/api/v1/session";
  return (
    <Dialog
      title={WORDS.token(name)}
      wide
      onClose={onClose}
      foot={<button type="button" class="button primary" onClick={onClose}>{WORDS.done}</button>}
    >
      <p>
        <strong>{WORDS.copyItNowItIs}</strong> {WORDS.berthKeepsOnlyAHash}
      </p>
      <Snippet file="The token" text={token} />
      {dashboard && (
        <Snippet
          file="At the dashboard's address"
          text={`curl -H "Authorization: Bearer $TOKEN" ${location.origin}${path}`}
        />
      )}
      {scopes.includes("pull") && (
        <Snippet
          file="At the registry's address"
          text={`echo "$TOKEN" | docker login --username token --password-stdin REGISTRY`}
        />
      )}
    </Dialog>
  );
}
