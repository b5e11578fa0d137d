/** What a configuration is loaded from. */
import type { System } from "./system.ts";

export interface LoadInput {
  /** The command line without the subcommand. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly system?: System;
  /** Stands in for the text of the file, found or not: a change tried before it is written. */
  readonly text?: string;
  /** The same for the overlay. */
  readonly overlay?: string;
}
