/** Begins a pull. */
import { useSignal } from "@preact/signals";
import { CheckField } from "../../components/choice.tsx";
import { TextField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorLine } from "../../components/states.tsx";
import { useAction } from "../../web/action.ts";
import { call } from "../../web/client.ts";
import { WORDS } from "./words.ts";

interface Draft {
  images: string;
  platforms: string;
  allPlatforms: boolean;
  referrers: boolean;
}

const EMPTY: Draft = { images: "", platforms: "", allPlatforms: false, referrers: false };

/** Words between spaces or commas. */
const wordsOf = (text: string) => text.split(/[\s,]+/).filter((word) => word !== "");

export function NewPull({ onBegun }: { onBegun: (id: string) => void }) {
  const draft = useSignal(EMPTY);
  const { busy, error, run } = useAction();
  const begin = (event: Event) => {
    event.preventDefault();
    return run(async () => {
      const { images, platforms, ...terms } = draft.value;
      const listed = terms.allPlatforms ? [] : wordsOf(platforms);
      const json = { ...terms, images: wordsOf(images), platforms: listed };
      const { id } = await call("post", "/pulls", { json });
      draft.value = { ...draft.value, images: "" };
      onBegun(id);
    });
  };
  return (
    <Panel title={WORDS.pullNow2}>
      <form class="stack pull-form" onSubmit={begin}>
        <PullFields draft={draft.value} onInput={(next) => draft.value = next} />
        <ErrorLine error={error.value} />
        <div class="actions">
          <button type="submit" class="button primary" disabled={busy.value}>
            <Icon name="fetch" />
            {WORDS.pull}
          </button>
        </div>
      </form>
    </Panel>
  );
}

function PullFields({ draft, onInput }: { draft: Draft; onInput: (draft: Draft) => void }) {
  const change = (some: Partial<Draft>) => onInput({ ...draft, ...some });
  return (
    <>
      <div class="pull-fields">
        <TextField
          label={WORDS.images}
          placeholder="nginx:1.27 quay.io/prometheus/prometheus:v3.1.0"
          mono
          required
          value={draft.images}
          onInput={(images) => change({ images })}
        />
        <TextField
          label={WORDS.platforms}
          placeholder={WORDS.linuxAmd64OrTheOne}
          mono
          disabled={draft.allPlatforms}
          value={draft.platforms}
          onInput={(platforms) => change({ platforms })}
        />
      </div>
      <CheckField
        label={WORDS.everyPlatform}
        checked={draft.allPlatforms}
        onInput={(allPlatforms) => change({ allPlatforms })}
      />
      <CheckField
        label={WORDS.signaturesAttestationsAndSbomsToo}
        checked={draft.referrers}
        onInput={(referrers) => change({ referrers })}
      />
    </>
  );
}
