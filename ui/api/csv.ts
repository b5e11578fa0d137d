/** Rows as CSV (RFC 4180), for spreadsheets. */

/** Whether a client would rather have CSV: by `Accept: text/csv`, or by the `format` that it asks for. */
export function wantsCsv(accept: string | undefined, format: "json" | "csv" | undefined): boolean {
  return format === "csv" || (!format && /(^|,)\s*text\/csv\b/i.test(accept ?? ""));
}

/** Rows that are read at once. */
const PIECE = 1000;

/** Some rows, and what to ask for to have those that follow; null at the end. */
interface Page<Row> {
  items: readonly Row[];
  next: number | null;
}

/**
 * All rows that `page` tells of as a file called `name`, with a first line of `columns`; read no faster
 * than its client takes it, so that a long list is never in memory as a whole. Throws what the first
 * page throws; the file breaks off where a later one does.
 */
export async function csvResponse<Row>(
  name: string,
  columns: Readonly<Record<string, (row: Row) => string | number>>,
  page: (piece: { limit: number; before?: number }) => Promise<Page<Row>>,
): Promise<Response> {
  const cells = Object.values(columns);
  const first = await page({ limit: PIECE });
  async function* pieces() {
    yield line(Object.keys(columns));
    for (
      let { items, next } = first;;
      { items, next } = await page({ limit: PIECE, before: next })
    ) {
      yield items.map((row) => line(cells.map((cell) => cell(row)))).join("");
      if (next === null) return;
    }
  }
  return new Response(ReadableStream.from(pieces()).pipeThrough(new TextEncoderStream()), {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="${name}.csv"`,
      "cache-control": "no-store",
    },
  });
}

function line(cells: readonly (string | number)[]): string {
  return cells.map(cellOf).join(",") + "\r\n";
}

function cellOf(value: string | number): string {
  if (typeof value === "number") return String(value);
  // What a client sends is text, also where a spreadsheet would take it for a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
