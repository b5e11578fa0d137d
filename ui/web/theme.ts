/** Light, dark, or as the system says. */
import { signal } from "@preact/signals";
import { applyTheme, rememberedTheme, rememberTheme, type Theme } from "./theme_store.ts";

export type { Theme };
export const theme = signal<Theme>(rememberedTheme());

/** Shows `next` and remembers it. */
export function setTheme(next: Theme): void {
  theme.value = next;
  applyTheme(next);
  rememberTheme(next);
}
