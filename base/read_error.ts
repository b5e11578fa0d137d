/** Why reading a file failed, in plain words. */
export function describeReadError(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  if (error instanceof Deno.errors.NotFound || code === "ENOENT") return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied || code === "EACCES") {
    return "it may not be read";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "Berth was started without permission to read it";
  }
  if (error instanceof Deno.errors.IsADirectory || code === "EISDIR") return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
