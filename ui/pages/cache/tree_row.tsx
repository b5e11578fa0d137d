/** A row of the tree, at whichever level. */
import type { ComponentChildren } from "preact";
import { Ago } from "../../components/ago.tsx";
import { Icon } from "../../components/icon.tsx";
import { messageOf } from "../../web/client.ts";
import { formatBytes, formatCount } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { WORDS } from "./words.ts";

interface RowProps {
  depth: number;
  /** Undefined: the row cannot be chosen. */
  choice?: { label: string; checked: boolean; toggle: () => void } | undefined;
  /** Undefined: there is nothing beneath. */
  open?: { value: boolean; toggle: () => void } | undefined;
  name: ComponentChildren;
  holds?: ComponentChildren;
  bytes: number;
  hits: number | null;
  /** Null: never. */
  lastUsed: number | null;
  absent?: boolean;
  actions?: ComponentChildren;
}

export function Row(props: RowProps) {
  const { depth, choice, open, name } = props;
  return (
    <tr
      role="row"
      class={`depth-${depth}${choice?.checked ? " chosen" : ""}${props.absent ? " absent" : ""}`}
    >
      <td role="cell" class={`fit${choice ? " bare" : " skip-phone"}`}>
        {choice && may("cache") && (
          <input
            type="checkbox"
            aria-label={WORDS.choose(choice.label)}
            checked={choice.checked}
            onChange={choice.toggle}
          />
        )}
      </td>
      <td role="cell" class="main">
        <span class="indent">
          {open
            ? (
              <button type="button" class="twist" aria-expanded={open.value} onClick={open.toggle}>
                <Icon name="chevron" />
                <span>{name}</span>
              </button>
            )
            : <span class="leaf">{name}</span>}
        </span>
      </td>
      <td role="cell" class="medium full muted" data-label="Holds">{props.holds}</td>
      <td role="cell" class="right" data-label="Size">{formatBytes(props.bytes)}</td>
      <td role="cell" class="right skip-phone" data-label="Hits">
        {props.hits === null ? "–" : formatCount(props.hits)}
      </td>
      <td role="cell" class="right" data-label="Last used">
        {props.absent && <span class="muted">{WORDS.notCached}</span>}
        {!props.absent && <Ago time={props.lastUsed} />}
      </td>
      <td role="cell" class={`fit bare${props.actions ? "" : " skip-phone"}`}>
        {props.actions && <span class="row-actions">{props.actions}</span>}
      </td>
    </tr>
  );
}

/** In place of rows that are being loaded, or could not be. */
export function Wait({ depth, error }: { depth: number; error: unknown }) {
  return (
    <tr role="row" class={`depth-${depth}`}>
      <td role="cell" class="skip-phone" />
      <td role="cell" class="main" colSpan={6}>
        <span class="indent">
          <span class="leaf muted" role="status">
            {error === undefined ? WORDS.loading : messageOf(error).title}
          </span>
        </span>
      </td>
    </tr>
  );
}
