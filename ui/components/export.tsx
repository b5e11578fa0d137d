/** A list as a file. */
import { addressOf } from "../web/client.ts";

/** Links that save what `path` of the API says for `query`. */
export function Export(
  { path, query, name }: {
    path: string;
    query: Record<string, string | number | undefined>;
    /** Of the file, without what it ends in. */
    name: string;
  },
) {
  return (
    <>
      {(["csv", "json"] as const).map((format) => (
        <a
          key={format}
          class="button"
          download={`${name}.${format}`}
          href={`/api/v1${addressOf(path, { query: { ...query, format, limit: 10_000 } })}`}
        >
          {format.toUpperCase()}
          <span class="hidden-visually">{` file of these ${name}`}</span>
        </a>
      ))}
    </>
  );
}
