/** Adds a rule to the configuration file, with a look at what it would mean now. */
import { useSignal } from "@preact/signals";
import type { NewRule, PrefetchPreview } from "../../api/schema/prefetch.ts";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { ListField } from "../../components/list_field.tsx";
import { ErrorLine } from "../../components/states.tsx";
import { useAction } from "../../web/action.ts";
import { call } from "../../web/client.ts";
import { countOf } from "../../web/format.ts";
import { WORDS } from "./words.ts";

interface Draft {
  images: string[];
  platforms: string;
  every: string;
  at: string;
  keep: string;
  limit: string;
  maxTags: string;
}

const EMPTY: Draft = {
  ...{ images: [""], platforms: "", every: "6h", at: "", keep: "", limit: "", maxTags: "" },
};
const SHOWN = 20;

/** The rule as the file writes it; what is left empty is left out. */
function ruleOf({ images, platforms, every, at, keep, limit, maxTags }: Draft): NewRule {
  const listed = platforms.split(/[\s,]+/).filter((word) => word !== "");
  return {
    images: images.map((line) => line.trim()).filter((line) => line !== ""),
    ...(listed.length > 0 && { platforms: listed }),
    ...(every.trim() && { every: every.trim() }),
    ...(at.trim() && { at: at.trim() }),
    ...(Number(keep) > 0 && { keep: Number(keep) }),
    ...(limit.trim() && { limit: limit.trim() }),
    ...(Number(maxTags) > 0 && { max_tags: Number(maxTags) }),
  };
}

/** A rule in the making; `done` is called once it is added. */
function useNewRule(done: () => void) {
  const draft = useSignal(EMPTY);
  const preview = useSignal<PrefetchPreview | undefined>(undefined);
  const { busy, error, run } = useAction();
  /** It has problems, which were shown. */
  const doubted = useSignal(false);
  const lookAt = async ({ images, keep, max_tags }: NewRule) => {
    const json = {
      images,
      ...(keep !== undefined && { keep }),
      ...(max_tags !== undefined && { max_tags }),
    };
    preview.value = await call("post", "/prefetch/preview", { json });
    return preview.value.matches.every(({ problem }) => problem === "");
  };
  const look = () => run(() => lookAt(ruleOf(draft.value)));
  const add = () =>
    run(async () => {
      const rule = ruleOf(draft.value);
      // What means nothing, or too much, is added where somebody says so twice.
      if (!doubted.value && !await lookAt(rule)) doubted.value = true;
      else {
        await call("post", "/prefetch/rules", { json: rule });
        done();
      }
    });
  const change = (next: Draft) => {
    draft.value = next;
    doubted.value = false;
  };
  return { draft, preview, error, busy, doubted, change, look, add };
}

export function NewRuleDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { draft, preview, error, busy, doubted, change, look, add } = useNewRule(() => {
    onDone();
    onClose();
  });
  const submit = (event: Event) => {
    event.preventDefault();
    return add();
  };
  return (
    <Dialog
      title={WORDS.addRule}
      wide
      onClose={onClose}
      foot={
        <>
          <button
            type="button"
            class="button"
            disabled={busy.value}
            onClick={look}
          >
            <Icon name="search" />
            {WORDS.preview}
          </button>
          <button type="submit" form="new-rule" class="button primary" disabled={busy.value}>
            {doubted.value ? WORDS.addItAllTheSame : WORDS.addRule}
          </button>
        </>
      }
    >
      <form id="new-rule" class="stack" onSubmit={submit}>
        <RuleFields draft={draft.value} onInput={change} />
        <ErrorLine error={error.value} />
        {preview.value && <Matches {...preview.value} />}
      </form>
    </Dialog>
  );
}

function RuleFields({ draft, onInput }: { draft: Draft; onInput: (draft: Draft) => void }) {
  const text = (key: Exclude<keyof Draft, "images">) => ({
    value: draft[key],
    onInput: (value: string) => onInput({ ...draft, [key]: value }),
  });
  return (
    <>
      <ListField
        label={WORDS.images}
        hint={WORDS.onePerLineATag}
        placeholder="docker/library/nginx:^1.27"
        value={draft.images}
        onInput={(images) => onInput({ ...draft, images })}
      />
      <div class="pull-fields">
        <TextField label={WORDS.platforms} placeholder="linux/amd64" mono {...text("platforms")} />
        <TextField label={WORDS.newestOfEach} placeholder={WORDS.allThatFit} {...text("keep")} />
        <TextField label={WORDS.every} placeholder="6h" mono {...text("every")} />
        <TextField label={WORDS.timeOfDay} placeholder="02:00-05:00" mono {...text("at")} />
        <TextField label={WORDS.atMost} placeholder="20MiB/s" mono {...text("limit")} />
        <TextField label={WORDS.imagesAtMost} placeholder="50" {...text("maxTags")} />
      </div>
    </>
  );
}

function Matches({ matches }: PrefetchPreview) {
  return (
    <ul class="consequences" aria-label={WORDS.whatItMeansNow}>
      {matches.map(({ pattern, images, fits, problem }) => (
        <li key={pattern}>
          <Icon name={problem ? "warn" : "ok"} />
          <span class="stacked">
            <strong class="mono break">{pattern}</strong>
            {problem || WORDS.ofThatFit(countOf(images.length, "image"), countOf(fits, "tag"))}
            <span class="mono small break">
              {images.slice(0, SHOWN).join(" ")}
              {images.length > SHOWN && WORDS.andMore(images.length - SHOWN)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
