/** The search over everything, and the list of keys: what `/` and `?` open. */
import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { now } from "../web/clock.ts";
import { useResource } from "../web/resource.ts";
import { find, type Found, splitTag } from "../web/global_search.ts";
import { status } from "../web/live.ts";
import { navigate } from "../web/location.ts";
import { pullNow } from "../web/pull_now.ts";
import { rangeFromQuery } from "../web/reach.ts";
import { may } from "../web/session.ts";
import { opened } from "../web/shortcuts.ts";
import { Dialog } from "./dialog.tsx";

const WORDS = {
  search: "Search",
  label: "Pages, registries, images, clients, settings",
  nothing: "Nothing found",
  shortcuts: "Keyboard shortcuts",
};

const KEYS: [keys: string[], meaning: string][] = [
  [["/"], "Search pages, registries, images, clients and settings"],
  [["?"], "Show this list"],
  [["g", "o"], "Overview"],
  [["g", "r"], "Registries"],
  [["g", "c"], "Cache"],
  [["g", "a"], "Activity"],
  [["g", "s"], "Settings"],
  [["↑", "↓"], "Move in the search results"],
  [["Enter"], "Open the result"],
  [["Esc"], "Close a dialog"],
];

const PAUSE_MS = 150;
/** As far back as pulls are kept. */
const AS_KEPT = new URLSearchParams({ reach: "30d" });
const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

export function Palette() {
  const close = () => opened.value = undefined;
  return opened.value === "shortcuts" ? <Shortcuts onClose={close} /> : <Finder onClose={close} />;
}

function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={WORDS.shortcuts} onClose={onClose}>
      <dl class="facts">
        {KEYS.map(([keys, meaning]) => (
          <Fragment key={meaning}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{meaning}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const text = useSignal("");
  const chosen = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const found = find(text.value, useKnown(text.value));
  useEffect(() => input.current?.focus(), []);
  const open = ({ href, pull }: Found) => {
    onClose();
    if (pull === undefined) navigate(href);
    else void pullNow(pull);
  };
  const press = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step !== undefined && found.length > 0) {
      chosen.value = (chosen.value + step + found.length) % found.length;
    } else if (event.key === "Enter" && found[chosen.value]) open(found[chosen.value]!);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={WORDS.search} onClose={onClose}>
      <input
        class="input"
        type="search"
        role="combobox"
        list={undefined}
        aria-label={WORDS.label}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${chosen.value}` : undefined}
        placeholder={WORDS.label}
        autocomplete="off"
        spellcheck={false}
        ref={input}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          chosen.value = 0;
        }}
        onKeyDown={press}
      />
      <Results id={id} found={found} chosen={chosen.value} onOpen={open} />
    </Dialog>
  );
}

function Results(
  { id, found, chosen, onOpen }: {
    id: string;
    found: readonly Found[];
    chosen: number;
    onOpen: (found: Found) => void;
  },
) {
  return (
    <div class="results">
      <ul id={id} role="listbox" aria-label={WORDS.search}>
        {found.map((one, i) => (
          <li
            key={`${one.kind} ${one.href}`}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            ref={(row: HTMLLIElement | null) => {
              if (i === chosen) row?.scrollIntoView({ block: "nearest" });
            }}
            onClick={() => onOpen(one)}
          >
            <span class="break">{one.text}</span>
            <span class="muted small">{one.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="muted" role="status">{WORDS.nothing}</p>}
    </div>
  );
}

/** What is known for `text`: images and clients are asked for when the typing pauses. */
function useKnown(text: string) {
  const asked = useSignal("");
  const { from } = useRef(rangeFromQuery(AS_KEPT, now.peek())).current;
  useEffect(() => {
    const timer = setTimeout(() => asked.value = text.trim(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { name: search } = splitTag(asked.value);
  const images = useResource("/cache/images", { query: { search, limit: "6" } });
  const clients = useResource("/clients", { query: { search: asked.value, from, limit: "6" } });
  const config = useResource("/config", {});
  return {
    registries: status.value?.registries.map(({ name }) => name) ?? [],
    images: images.data?.items ?? [],
    clients: clients.data?.items.filter(({ client }) => client !== "") ?? [],
    keys: config.data?.settings.map(({ path }) => path) ?? [],
    mayPull: may("cache"),
  };
}
