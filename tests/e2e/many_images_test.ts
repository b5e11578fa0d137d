/** Ten thousand images in a real browser: what the page holds stays small, whatever is asked of it. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Page, Response } from "playwright-core";
import { openEyes, startDashboard } from "./harness/dashboard.ts";
import { fillIndex } from "./harness/many_images.ts";

const IMAGES = 10_000;
const BUSY = { registry: "ghcr", repository: "ci/builds", tags: 3000 };
/** Elements on the page, bytes of an answer, items of one: a few times what they are. */
const MAX_ELEMENTS = 4000;
const MAX_ANSWER = 64 * 1024;
const MAX_ITEMS = 50;

/** What the API was asked for: how much it answered with. */
interface Answer {
  path: string;
  bytes: number;
  items: number;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const { items } = JSON.parse(text) as { items?: unknown[] };
  const { pathname, search } = new URL(response.url());
  return { path: pathname + search, bytes: text.length, items: items?.length ?? 0 };
}

/** Gathers the durations of tasks during which the page could not answer, in every document. */
function observe(): void {
  const gathered: number[] = [];
  Object.assign(globalThis, { longTasks: gathered });
  new PerformanceObserver((found) => {
    for (const { duration } of found.getEntries()) gathered.push(duration);
  }).observe({ type: "longtask" });
}

/** Tells of each step how long it took, the longest task in it, and how large the page is. */
class Meter {
  readonly #page: Page;
  readonly #answers: Promise<Answer>[] = [];
  readonly lines: string[] = [];

  private constructor(page: Page) {
    this.#page = page;
  }

  static async on(page: Page): Promise<Meter> {
    const meter = new Meter(page);
    await page.addInitScript(observe);
    await page.reload();
    page.on("response", (response) => {
      const { pathname } = new URL(response.url());
      if (pathname.startsWith("/api/v1/cache/")) meter.#answers.push(answerOf(response));
    });
    return meter;
  }

  /** Does `act`, waits for `shown`, and holds the page to its bounds. */
  async step(
    name: string,
    act: () => Promise<unknown>,
    shown: () => Promise<unknown>,
  ): Promise<void> {
    const began = performance.now();
    await act();
    await shown();
    const ms = Math.round(performance.now() - began);
    const { elements, longest } = await this.#page.evaluate(() => {
      const { longTasks } = globalThis as unknown as { longTasks: number[] };
      const elements = document.querySelectorAll("*").length;
      return { elements, longest: Math.max(0, ...longTasks.splice(0)) };
    });
    const answers = await Promise.all(this.#answers.splice(0));
    const bytes = answers.reduce((sum, answer) => sum + answer.bytes, 0);
    this.lines.push(
      `${name}: ${ms} ms, longest task ${Math.round(longest)} ms, ${elements} elements, ` +
        `${answers.length} answers of ${Math.round(bytes / 1024)} KiB`,
    );
    assert.ok(elements < MAX_ELEMENTS, `${name}: ${elements} elements`);
    for (const answer of answers) {
      assert.ok(answer.items <= MAX_ITEMS, `${answer.path}: ${answer.items} items`);
      assert.ok(answer.bytes <= MAX_ANSWER, `${answer.path}: ${answer.bytes} bytes`);
    }
  }
}

Deno.test("ten thousand images, the Cache pages stay small, and each step shows what it is to", async () => {
  await using dashboard = await startDashboard("", {
    prepare: (file) => fillIndex(join(dirname(file), "cache"), IMAGES, BUSY),
  });
  await using eyes = await openEyes(dashboard);
  const page = await eyes.enter("/settings");
  const meter = await Meter.on(page);
  const step = meter.step.bind(meter);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const pager = page.getByRole("navigation", { name: "Pages of repositories" });
  const rows = page.locator("tbody tr");

  await step(
    "open",
    () => page.getByRole("link", { name: "Cache", exact: true }).click(),
    () => pager.getByText("1–50 of 10,001 repositories").waitFor(),
  );
  await step(
    "scroll to the end",
    () => page.mouse.wheel(0, 100_000),
    () => page.waitForFunction(() => scrollY + innerHeight >= document.body.scrollHeight - 1),
  );
  await step(
    "next page",
    () => pager.getByRole("link", { name: "Next" }).click(),
    () => pager.getByText("51–100 of").waitFor(),
  );
  await step(
    "last page",
    () => page.goto(`${dashboard.url}/cache?page=201`),
    () => pager.getByText("10,001–10,001 of").waitFor(),
  );
  assert.equal(await rows.count(), 1);
  await step(
    "sort by name",
    () => page.getByRole("button", { name: "Repository", exact: true }).click(),
    () => button("docker/team-0/app-0").waitFor(),
  );
  await step(
    "search",
    () => page.getByRole("searchbox").fill("app-4242"),
    () => pager.getByText("1 repository", { exact: true }).waitFor(),
  );
  await step(
    "open a repository",
    () => button("quay/team-71/app-4242").click(),
    () => button("1.0").waitFor(),
  );
  await step("open its tag", () => button("1.0").click(), () => button("linux/arm64").waitFor());
  await step(
    "open its platform",
    () => button("linux/arm64").click(),
    () => page.getByRole("link", { name: "layer" }).nth(2).waitFor(),
  );
  assert.equal(await page.getByRole("link", { name: "layer" }).count(), 3);

  await step(
    "search the one with 3,000 tags",
    () => page.getByRole("searchbox").fill("ci/builds"),
    () => button("ghcr/ci/builds").waitFor(),
  );
  await step(
    "open it",
    () => button("ghcr/ci/builds").click(),
    () => button("Show 50 more of 3,000").waitFor(),
  );
  assert.equal(await page.locator("tr.depth-1 input").count(), 50);
  await step(
    "show more",
    () => button("Show 50 more of 3,000").click(),
    () => page.locator("tr.depth-1 input").nth(99).waitFor(),
  );
  const digests = page.getByRole("navigation", { name: "Pages of digests" });
  await step(
    "digests",
    () => page.goto(`${dashboard.url}/cache/blobs?sort=size`),
    () => digests.getByText(/^1–50 of [\d,]{6,}\sdigests$/).waitFor(),
  );
  await step(
    "search a digest",
    () => page.getByRole("searchbox").fill("sha256:00"),
    () => digests.getByText(/^1–50 of \d{3}\sdigests$/).waitFor(),
  );
  Deno.stdout.writeSync(new TextEncoder().encode(`${meter.lines.join("\n")}\n`));
  assert.deepEqual(eyes.errors, []);
});
