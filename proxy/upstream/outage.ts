/** Which failures say nothing about the content asked for. */
import { OciError } from "../oci/errors.ts";
import { UpstreamError } from "./errors.ts";

/** True where the registry is away or too busy: what is already here may be served instead. */
export function isOutage(error: unknown): boolean {
  if (error instanceof OciError) return error.status === 429 || error.status >= 500;
  return error instanceof UpstreamError && error.kind !== "auth";
}
