/**
 * What the dashboard's API says and accepts, `/api/v1`: this file holds what every part shares, one
 * file a part stands in `schema/`. The schemas are the types of the server and of the pages, the
 * check of every request, and the OpenAPI document.
 *
 * Units are the same everywhere: sizes in bytes, durations in milliseconds, times in Unix
 * milliseconds, rates per second where not said otherwise. Keys of the configuration are spelled as
 * in the file, everything else in camelCase.
 */
import { z } from "@hono/zod-openapi";

export const bytes = z.number().int().nonnegative();
export const count = z.number().int().nonnegative();
export const milliseconds = z.number().nonnegative();
/** Unix milliseconds. */
export const time = z.number().int().nonnegative();

/** A time as RFC 3339 writes it, read as Unix milliseconds. */
export const moment = z.iso.datetime({
  offset: true,
  error: "expected a time such as 2026-01-31T14:00:00Z",
}).transform((text) => Date.parse(text)).openapi({ type: "string", format: "date-time" });

export const fieldProblem = z.object({ path: z.string(), message: z.string() })
  .openapi("FieldProblem", {
    description:
      "A complaint about one value. `path` is the key as in the configuration, `auth.username`.",
  });

export const problem = z.object({
  /** `about:blank`, or a word that scripts may switch on: `/problems/changed-underneath`. */
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  fields: z.array(fieldProblem).optional().openapi({
    description: "What is wrong with which value, where the request was not valid (422).",
  }),
}).openapi("Problem", {
  description:
    "An error, RFC 9457 (`application/problem+json`). `title` says what happened in a few words, and `detail` what to do next.",
});

/** Pages are numbered from 1. */
export const paging = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  order: z.enum(["asc", "desc"]).default("desc"),
});

/** A page of `items`, with how many there are on all pages. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    total: count,
    page: z.number().int().min(1),
    limit: z.number().int().min(1),
  });
}

/** `?flag=true`, as a query carries it. */
export const flag = z.enum(["true", "false"]).transform((value) => value === "true");

export const origin = z.object({
  kind: z.enum(["default", "built-in", "file", "overlay", "map", "environment", "flag", "drop-in"]),
  text: z.string().openapi({
    description: "In a few words: `config.yaml:12`, `environment BERTH_LISTEN`.",
  }),
}).openapi("Origin", { description: "Where a value of the configuration comes from." });

export type FieldProblem = z.infer<typeof fieldProblem>;
export type Problem = z.infer<typeof problem>;
export type Origin = z.infer<typeof origin>;
export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  limit: number;
}
