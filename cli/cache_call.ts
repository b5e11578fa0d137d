/** What a `berth cache` command is given. */
import type { CacheOptions } from "../cache/options.ts";
import type { Config } from "../proxy/config/schema.ts";
import type { CacheControl } from "./cache_socket.ts";
import type { CommandIo } from "./command_io.ts";
import type { CommandLine } from "./command_line.ts";

export interface CacheIo extends CommandIo {
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
