import { countOf, formatCount } from "../web/format.ts";
import { withQuery } from "../web/location.ts";
import { Icon } from "./icon.tsx";

interface PagerProps {
  page: number;
  limit: number;
  total: number;
  /** What is counted, one and many: `["image", "images"]`. */
  noun: readonly [one: string, many: string];
}

/** Which part of the whole is shown, and links to the parts before and after. */
export function Pager({ page, limit, total, noun }: PagerProps) {
  const last = Math.max(1, Math.ceil(total / limit));
  const first = (page - 1) * limit + 1;
  return (
    <nav class="pager" aria-label={`Pages of ${noun[1]}`}>
      <span class="num">
        {total <= limit
          ? countOf(total, ...noun)
          : `${formatCount(first)}–${formatCount(Math.min(page * limit, total))} of ${
            countOf(total, ...noun)
          }`}
      </span>
      {last > 1 && (
        <span class="actions">
          <Turn to={page - 1} last={last} text="Previous" />
          <span class="num">Page {formatCount(page)} of {formatCount(last)}</span>
          <Turn to={page + 1} last={last} text="Next" />
        </span>
      )}
    </nav>
  );
}

function Turn({ to, last, text }: { to: number; last: number; text: "Previous" | "Next" }) {
  if (to < 1 || to > last) {
    return <span class="button" aria-disabled="true">{text}</span>;
  }
  return (
    <a
      class="button"
      href={withQuery({ page: to === 1 ? "" : String(to) })}
      rel={text.toLowerCase()}
    >
      {text}
      {text === "Next" && <Icon name="chevron" size={12} />}
    </a>
  );
}
