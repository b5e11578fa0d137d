/** Tables that sort by their heads and turn into cards on a phone. */
import type { ComponentChildren } from "preact";
import { navigate, query, setQuery } from "../web/location.ts";
import { Icon } from "./icon.tsx";

export interface Column<T> {
  id: string;
  title: string;
  cell: (row: T) => ComponentChildren;
  /** Sortable by the server under its `id`; the first click sorts in this order. */
  sort?: "asc" | "desc";
  /** `right`, `fit`, `wide` and `medium` (hidden where it is narrow), `main`, `skip-phone`. */
  class?: string;
}

interface TableProps<T> {
  caption: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** Column and order in force; from the address where the table sorts by it. */
  sort?: Sort;
  /** Page that a click on a row opens. */
  href?: (row: T) => string;
  rowClass?: (row: T) => string;
}

export interface Sort<By extends string = string> {
  by: By;
  order: "asc" | "desc";
}

/** The sort that the address asks for if it is one of `known`, or `fallback`. */
export function sortFromQuery<By extends string>(
  known: readonly By[],
  fallback: Sort<NoInfer<By>>,
): Sort<By> {
  const asked = query.value.get("sort");
  const by = known.find((one) => one === asked);
  if (by === undefined) return fallback;
  return { by, order: query.value.get("order") === "asc" ? "asc" : "desc" };
}

export function Table<T>({ caption, columns, rows, rowKey, sort, href, rowClass }: TableProps<T>) {
  return (
    <table class="table" role="table">
      <caption class="hidden-visually">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => <Head key={column.id} column={column} sort={sort} />)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            role="row"
            class={`${href ? "link " : ""}${rowClass?.(row) ?? ""}`}
            onClick={href && ((event) => openRow(event, href(row)))}
          >
            {columns.map(({ id, title, cell, class: name = "" }) => (
              <td key={id} role="cell" class={name} data-label={title || undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function openRow(event: MouseEvent, href: string): void {
  const target = event.target as Element;
  if (target.closest("a, button, input, label") || getSelection()?.toString()) return;
  navigate(href);
}

function Head<T>({ column, sort }: { column: Column<T>; sort: Sort | undefined }) {
  const { id, title, class: name = "" } = column;
  if (column.sort) {
    return <SortHead id={id} title={title} first={column.sort} sort={sort} class={name} />;
  }
  return (
    <th scope="col" role="columnheader" class={name}>
      {title || <span class="hidden-visually">Actions</span>}
    </th>
  );
}

interface SortHeadProps {
  id: string;
  title: string;
  /** Order that the first click sorts in. */
  first: "asc" | "desc";
  sort: Sort | undefined;
  class?: string;
}

/** The head of a column that sorts by a click, kept in the address. */
export function SortHead({ id, title, first, sort, class: name = "" }: SortHeadProps) {
  const now = sort?.by === id ? sort.order : undefined;
  const next = now === undefined ? first : now === "asc" ? "desc" : "asc";
  return (
    <th
      scope="col"
      role="columnheader"
      class={name}
      aria-sort={now === undefined ? "none" : now === "asc" ? "ascending" : "descending"}
    >
      <button
        type="button"
        class="sort"
        onClick={() => setQuery({ sort: id, order: next, page: "" })}
      >
        {title}
        <Icon name="down" size={12} />
      </button>
    </th>
  );
}

/** `rows` sorted in the browser, for tables that are known as a whole. */
export function sorted<T>(
  rows: readonly T[],
  sort: Sort,
  keys: Record<string, (row: T) => number | string>,
): T[] {
  const key = keys[sort.by];
  if (!key) return [...rows];
  const sign = sort.order === "asc" ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return sign * (typeof x === "string" ? x.localeCompare(String(y)) : x - Number(y));
  });
}
