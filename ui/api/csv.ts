/** Rows as CSV (RFC 4180), for spreadsheets. */

/** Whether a client would rather have CSV: by `Accept: text/csv`, or by the `format` that it asks for. */
export function wantsCsv(accept: string | undefined, format: "json" | "csv" | undefined): boolean {
  return format === "csv" || (!format && /(^|,)\s*text\/csv\b/i.test(accept ?? ""));
}

/**
 * `pieces` of rows as a file called `name`, with a first line of `columns`; read no faster than its
 * client takes it.
 */
export function csvResponse<Row>(
  name: string,
  columns: Readonly<Record<string, (row: Row) => string | number>>,
  pieces: Iterable<readonly Row[]>,
): Response {
  const cells = Object.values(columns);
  const iterator = pieces[Symbol.iterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(line(Object.keys(columns)))),
    pull(controller) {
      const { value, done } = iterator.next();
      if (done) return controller.close();
      const text = value.map((row) => line(cells.map((cell) => cell(row)))).join("");
      controller.enqueue(encoder.encode(text));
    },
    cancel: () => void iterator.return?.(),
  });
  return new Response(body, {
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
