/** Rules tried on what was pulled, before they are in force. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { DryRunView } from "../../api/schema/trust.ts";
import { Ago } from "../../components/ago.tsx";
import { Frame } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorLine, Nothing } from "../../components/states.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { useAction } from "../../web/action.ts";
import { call } from "../../web/client.ts";
import { countOf } from "../../web/format.ts";
import { WORDS } from "./words.ts";

const EXAMPLE = `- action: deny
  platforms: ["windows/**"]
  reason: we run no Windows`;

/** `effective`: the rules as they are, as text. */
export function TryRules({ effective }: { effective: string | undefined }) {
  const id = useId();
  const text = useSignal(asList(effective ?? "") || EXAMPLE);
  const { busy, error, run } = useAction();
  const result = useSignal<DryRunView | undefined>(undefined);
  const attempt = (event: Event) => {
    event.preventDefault();
    result.value = undefined;
    return run(async () => {
      result.value = await call("post", "/policy/try", { json: { rules: text.value } });
    });
  };
  return (
    <Panel title={WORDS.tryRules}>
      <form class="panel-body stack" onSubmit={attempt}>
        <Frame
          id={id}
          label={WORDS.rules}
          hint={WORDS.asPolicyRulesHasThem}
        >
          <textarea
            id={id}
            class="input mono"
            rows={8}
            value={text.value}
            spellcheck={false}
            aria-describedby={`${id}-hint`}
            onInput={(event) => text.value = event.currentTarget.value}
          />
        </Frame>
        <ErrorLine error={error.value} />
        <div>
          <button type="submit" class="button primary" disabled={busy.value}>
            {WORDS.tryOnTheLast30}
          </button>
        </div>
      </form>
      {result.value && <Outcome result={result.value} />}
    </Panel>
  );
}

/** A list of one line as a list of one line each, without what is at its default. */
function asList(text: string): string {
  return text.replace(/^\[|\]$/g, "")
    .replaceAll(/\w+: (?:\[\]|\{\}|""|0s|0B)(?:, |(?=\}))/g, "")
    .replaceAll(", }", "}")
    .split(/(?<=\}), (?=\{)/).filter((rule) => rule !== "").map((rule) => `- ${rule}`).join("\n");
}

function Outcome({ result: { pulls, refused, unknown, items, left } }: { result: DryRunView }) {
  return (
    <>
      <p class="panel-note" role="status">
        {WORDS.ofWouldHaveBeenRefused(countOf(pulls, WORDS.recordedPull), refused)}
        {unknown > 0 && WORDS.ofItCannotBeTold(unknown)}.
        {left > 0 && WORDS.notShown(countOf(left, WORDS.moreLine))}
      </p>
      {items.length === 0
        ? <Nothing icon="ok" title={WORDS.everythingWouldHaveComeThrough} />
        : (
          <Table
            caption={WORDS.whatWouldHaveBeenRefused}
            columns={COLUMNS}
            rows={items}
            rowKey={({ image, outcome, rule, reason }) => [image, outcome, rule, reason].join(" ")}
          />
        )}
    </>
  );
}

type Item = DryRunView["items"][number];

const COLUMNS: Column<Item>[] = [
  {
    id: "image",
    title: WORDS.image,
    class: "main",
    cell: ({ image, outcome, rule, reason }) => (
      <span class="title-cell">
        <span class="actions">
          <span class="break">{image}</span>
          <span class="badge">{outcome}</span>
        </span>
        <span class="muted small">{`${reason} (${rule})`}</span>
      </span>
    ),
  },
  { id: "pulls", title: WORDS.pulls, class: "right", cell: ({ pulls }) => pulls },
  { id: "clients", title: WORDS.clients, class: "right", cell: ({ clients }) => clients },
  { id: "users", title: WORDS.users, cell: ({ users }) => users.join(", ") },
  { id: "last", title: WORDS.last, cell: ({ last }) => <Ago time={last} /> },
];
