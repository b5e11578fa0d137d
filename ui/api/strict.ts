/** Schemas of requests made strict: what they do not have is refused, however deep it stands. */
import { z } from "@hono/zod-openapi";
import { didYouMean } from "../../base/suggest.ts";

/** What a definition may be made of. */
interface Parts {
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  innerType?: z.ZodType;
  valueType?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
}

/**
 * `schema` with each object in it closed. Keys that an object does not have are told with the one
 * that was probably meant, each in a line of its own, which `validation.ts` takes apart. Checks,
 * defaults and transformations stay; names for the document do not.
 */
export function strict<Schema extends z.ZodType>(schema: Schema): Schema {
  const { def } = schema._zod as unknown as { def: Parts & z.core.$ZodTypeDef };
  const within = (part: z.ZodType | undefined) => part && strict(part);
  const parts: Parts = {
    ...def.shape && { shape: mapped(def.shape) },
    ...def.element && { element: within(def.element)! },
    ...def.innerType && { innerType: within(def.innerType)! },
    ...def.valueType && { valueType: within(def.valueType)! },
    ...def.in && { in: within(def.in)! },
    ...def.options && { options: def.options.map(strict) },
  };
  if (Object.keys(parts).length === 0) return schema;
  const closing = def.shape && { catchall: z.never(), error: unknownKeys(Object.keys(def.shape)) };
  return schema.clone({ ...def, ...parts, ...closing } as never) as Schema;
}

function mapped(shape: Record<string, z.ZodType>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(shape).map(([key, part]) => [key, strict(part)]));
}

function unknownKeys(known: readonly string[]): z.core.$ZodErrorMap {
  return (issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `unknown${didYouMean(key, known)}`).join("\n")
      : undefined;
}
