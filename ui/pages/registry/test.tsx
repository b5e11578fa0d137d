/** Tries a registry, and shows each step with its result and time. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type {
  RegistrySettings,
  RegistryView,
  TestResult,
  TestStep,
} from "../../api/schema/registries.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Icon } from "../../components/icon.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorLine } from "../../components/states.tsx";
import { call } from "../../web/client.ts";
import { formatCount, formatDuration } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { WORDS } from "./words.ts";

interface Trial {
  running: boolean;
  result: TestResult | undefined;
  error: unknown;
}

const UNTRIED: Trial = { running: false, result: undefined, error: undefined };

/** A trial and the function that starts it, with settings or those that the registry has. */
export function useTrial(): { trial: Trial; start: (name: string, s?: RegistrySettings) => void } {
  const trial = useSignal<Trial>(UNTRIED);
  const start = async (name: string, settings?: RegistrySettings) => {
    trial.value = { ...UNTRIED, running: true };
    try {
      const result = settings
        ? await call("post", "/registries/test", { json: { name, settings } })
        : await call("post", "/registries/:name/test", { param: { name } });
      trial.value = { ...UNTRIED, result };
    } catch (error) {
      trial.value = { ...UNTRIED, error };
    }
  };
  return { trial: trial.value, start };
}

export function TestDialog(
  { registry, onClose }: { registry: RegistryView; onClose: () => void },
) {
  const { trial, start } = useTrial();
  const again = () => start(registry.name);
  useEffect(again, []);
  return (
    <Dialog
      title={WORDS.test2(registry.name)}
      onClose={onClose}
      foot={
        <>
          <button type="button" class="button" disabled={trial.running} onClick={again}>
            {WORDS.testAgain}
          </button>
          <button type="button" class="button primary" onClick={onClose}>{WORDS.close}</button>
        </>
      }
    >
      <TrialView trial={trial} />
    </Dialog>
  );
}

/** The form's panel: the last test, or what a test would do. */
export function TestPanel({ trial }: { trial: Trial }) {
  const tried = trial.running || trial.result !== undefined || trial.error !== undefined;
  return (
    <Panel title={WORDS.test}>
      <div class="panel-body">
        {tried ? <TrialView trial={trial} /> : (
          <p class="muted">
            {WORDS.tests}{" "}
            {may("registries") ? WORDS.theseSettingsBeforeTheyAre : WORDS.theRegistry}:{" "}
            {WORDS.hostNameTlsLoginAnd}
          </p>
        )}
      </div>
    </Panel>
  );
}

/** A trial: each step with its result and time. */
export function TrialView({ trial }: { trial: Trial }) {
  const { running, result, error } = trial;
  return (
    <div class="trial" role="status" aria-busy={running}>
      {running && (
        <p class="state idle">
          <span class="spinner" aria-hidden="true" />
          {WORDS.askingTheRegistry}
        </p>
      )}
      {error !== undefined && <ErrorLine error={error} />}
      {result && (
        <>
          <p class={`state ${result.ok ? "ok" : "bad"}`}>
            <Icon name={result.ok ? "ok" : "bad"} />
            <strong>{result.text}</strong>
          </p>
          <ol class="steps">{result.steps.map((step) => <Step key={step.step} step={step} />)}</ol>
          {result.quota && (
            <p class="muted small">
              {formatCount(result.quota.remaining)} {WORDS.of} {formatCount(result.quota.limit)}
              {" "}
              {WORDS.pullsLeft}
              {" per "}
              {formatDuration(result.quota.windowMs)}.
            </p>
          )}
        </>
      )}
    </div>
  );
}

const RESULTS = {
  ok: { icon: "ok", tone: "tone-ok", word: "passed" },
  failed: { icon: "bad", tone: "tone-bad", word: "failed" },
  skipped: { icon: "idle", tone: "muted", word: "skipped" },
} as const;

function Step({ step }: { step: TestStep }) {
  const { icon, tone, word } = RESULTS[step.result];
  return (
    <li class={step.result}>
      <span class={tone}>
        <Icon name={icon} />
      </span>
      <span>
        {step.title}
        <span class="hidden-visually">: {word}</span>
      </span>
      <span class="num muted">{step.result === "skipped" ? "" : formatDuration(step.ms)}</span>
      {step.text && <span class="text">{step.text}</span>}
    </li>
  );
}
