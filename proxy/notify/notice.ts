/** What an operator should know, as it is told outside of the dashboard. */
export interface Notice {
  /** Stays the same while the matter lasts: its kind, and what it is about: `registry-failing:docker`. */
  id: string;
  severity: "error" | "warning" | "info";
  title: string;
  detail: string;
  /** Unix milliseconds; null where that is not known. */
  since: number | null;
  /** Registry that it is about; empty where none. */
  registry: string;
}

/** The kind of the notice `id`, which is the event that webhooks know it by. */
export function kindOf({ id }: Pick<Notice, "id">): string {
  return id.split(":")[0]!;
}
