/** A real browser for tests of the dashboard. */
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const EXECUTABLE = Deno.env.get("BERTH_TEST_CHROMIUM") ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
];

/** Starts Chromium; close it. Throws where there is none. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
}

export interface View {
  width: number;
  height: number;
  theme: "light" | "dark";
}

/** A fresh profile with the window and theme of `view`. */
export function openContext(browser: Browser, view: View): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.theme,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
}
