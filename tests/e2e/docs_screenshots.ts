/**
 * `deno task screenshots`: the pictures of README.md and docs/tour.md, taken of `berth demo` by the
 * compiled executable. Their figures are those of that minute.
 */
import { join } from "node:path";
import { COMMAND } from "./harness/berth.ts";
import { openContext, startBrowser } from "./harness/chromium.ts";
import { start } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";
import { SHOTS, THEMES } from "./harness/docs_pictures.ts";
import { freePort } from "../fake/ports.ts";

const DOCS = join(import.meta.dirname!, "..", "..", "docs");

await using scratch = await scratchDir("screenshots");
const log = join(scratch.path, "said");
const admin = `127.0.0.1:${freePort()}`;
const demo = [...COMMAND, "demo", "--listen", `127.0.0.1:${freePort()}`, "--admin-listen", admin];
await using _demo = await start("sh", ["-c", 'exec "$@" >"$0" 2>&1', log, ...demo], {
  deadline: 60_000,
  ready: async () => (await Deno.readTextFile(log).catch(() => "")).includes("Ctrl+C"),
});
const browser = await startBrowser();
try {
  for (const theme of THEMES) {
    const context = await openContext(browser, { width: 1280, height: 800, theme });
    const page = await context.newPage();
    for (const { name, path, act } of SHOTS) {
      await page.goto(`http://${admin}${path}`);
      await page.locator("h1").first().waitFor();
      await page.waitForFunction(() => !document.querySelector(".skeleton"));
      await act?.(page);
      await page.waitForTimeout(500); // Charts draw themselves with the next frame.
      const file = join(DOCS, `${name}-${theme}.png`);
      await page.screenshot({ path: file });
      const { size } = await Deno.stat(file);
      const line = `docs/${name}-${theme}.png (${(size / 1000).toFixed(0)} kB)\n`;
      Deno.stdout.writeSync(new TextEncoder().encode(line));
    }
    await context.close();
  }
} finally {
  await browser.close();
}
