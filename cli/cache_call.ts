/** What a `berth cache` command is given. */
import type { CacheOptions } from "../cache/options.ts";
import type { LoadInput } from "../proxy/config/load_input.ts";
import type { Config } from "../proxy/config/schema.ts";
import type { CacheControl } from "./cache_socket.ts";
import type { CommandLine } from "./command_line.ts";

export interface CacheIo extends Omit<LoadInput, "args"> {
  /** Writes one line to standard output. */
  print(line: string): void;
  /** Writes one line to standard error. */
  complain(line: string): void;
  /** Rewrites the last line of the terminal; absent where there is none. */
  progress?: ((line: string) => void) | undefined;
  now(): number;
  options(config: Config): CacheOptions;
}

export interface Call {
  io: CacheIo;
  /** The command's own flags, `--sort` to its value. */
  values: CommandLine["values"];
  words: readonly string[];
  config: Config;
  cache: CacheControl;
}
