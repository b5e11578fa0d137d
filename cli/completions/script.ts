/** `berth completions SHELL`. */
import type { SHELLS } from "../commands.ts";
import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import { zsh } from "./zsh.ts";

export type Shell = typeof SHELLS[number];

/** The completion script of each shell. */
export const SCRIPTS: Readonly<Record<Shell, () => string>> = { bash, zsh, fish };
