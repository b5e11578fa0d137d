/** The chosen theme: kept by the browser, put on the document where the style sheet looks for it. */

export type Theme = "system" | "light" | "dark";
const KEY = "berth-theme";

/** The choice that the browser remembers; `system` where it remembers none or may not. */
export function rememberedTheme(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

/** Remembers `theme`, where the browser allows it. */
export function rememberTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // it holds until the page is closed, then
  }
}

/** Shows `theme`. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
}
