/** What the parts are started with. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** The directory of main.ts, inside the executable or on disk. */
  readonly root: string;
}
