/** The pictures that the documentation has of the dashboard. */
import type { Page } from "playwright-core";

export const THEMES = ["light", "dark"] as const;

export interface Shot {
  /** Of its files, before the theme. */
  readonly name: string;
  readonly path: string;
  /** What to do before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

export const SHOTS: readonly Shot[] = [
  { name: "overview", path: "/?period=1h" },
  {
    name: "cache",
    path: "/cache",
    async act(page) {
      await page.locator(".twist").first().click();
      await page.locator(".depth-1 .twist").first().click();
    },
  },
  { name: "activity", path: "/activity/pulls" },
];
