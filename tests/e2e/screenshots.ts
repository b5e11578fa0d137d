/**
 * Photographs every page of the dashboard in its important states, at three widths and in both
 * themes: `deno run -A tests/e2e/screenshots.ts DIR [PART OF A NAME]`. Also says what axe-core finds.
 */
import type { Page } from "playwright-core";
import { join } from "node:path";
import { build } from "../../ui/build.ts";
import { FakeApi, type FakeOptions } from "../ui/fake/api.ts";
import { digestOf } from "../ui/fake/world.ts";
import { violationsOn } from "./harness/axe.ts";
import { openContext, startBrowser, type View } from "./harness/chromium.ts";

interface Shot {
  name: string;
  path: string;
  options?: Omit<FakeOptions, "dist">;
  /** What to do before the picture is taken. */
  act?: (page: Page) => Promise<void>;
}

const NOW = Date.UTC(2026, 2, 12, 13, 20, 30);
const VIEWS: View[] = [1440, 768, 375].flatMap((width) =>
  (["light", "dark"] as const).map((theme) => ({ width, height: width > 700 ? 900 : 812, theme }))
);

const SHOTS: Shot[] = [
  { name: "tokens", path: "/settings/tokens" },
  { name: "tag", path: "/cache/tag?image=docker%2Flibrary%2Fnginx%3A1.27" },
  { name: "tag-decisions", path: "/cache/tag" },
  { name: "audit", path: "/settings/audit" },
  {
    name: "policy",
    path: "/settings/policy",
    act: (page) => page.getByRole("button", { name: "Try on the last 30 days" }).click(),
  },
  {
    name: "tokens-new",
    path: "/settings/tokens",
    act: (page) => page.getByRole("button", { name: "New token" }).click(),
  },
  {
    name: "tokens-made",
    path: "/settings/tokens",
    act: async (page) => {
      await page.getByRole("button", { name: "New token" }).click();
      await page.getByLabel("Name").fill("gitlab");
      await page.getByLabel(/^pull /).check();
      await page.getByRole("button", { name: "Make token" }).click();
    },
  },
  { name: "pulls", path: "/activity/pulls" },
  {
    name: "prefetch",
    path: "/cache/prefetch",
    act: async (page) => {
      await page.getByRole("button", { name: "Show parts" }).first().click();
      await page.getByText("at the last look").click();
    },
  },
  {
    name: "prefetch-learn",
    path: "/cache/prefetch",
    act: (page) => page.getByRole("button", { name: "Change…" }).click(),
  },
  {
    name: "prefetch-rule",
    path: "/cache/prefetch",
    act: async (page) => {
      await page.getByRole("button", { name: "Add rule" }).click();
      await page.getByRole("button", { name: "Preview" }).click();
    },
  },
  { name: "prefetch-empty", path: "/cache/prefetch", options: { scenario: "empty" } },
  { name: "pulls-between", path: "/activity/pulls?from=2026-03-10T08:00:00Z&result=failed" },
  { name: "clients", path: "/activity/clients" },
  {
    name: "clients-bypassing",
    path: "/activity/clients",
    act: (page) => page.getByText("probably bypassing the mirror").first().click(),
  },
  { name: "client", path: "/activity/client?address=10.20.0.2" },
  { name: "clients-empty", path: "/activity/clients", options: { scenario: "empty" } },
  { name: "overview", path: "/" },
  { name: "overview-trouble", path: "/", options: { scenario: "trouble" } },
  { name: "overview-empty", path: "/", options: { scenario: "empty" } },
  {
    name: "overview-hover",
    path: "/?period=1h",
    act: async (page) => {
      await page.locator(".chart-plot .u-over").first().hover({ position: { x: 200, y: 90 } });
      await page.getByText("Show as table").click();
    },
  },
  { name: "overview-loading", path: "/", options: { hanging: "/stats" } },
  { name: "overview-broken", path: "/", options: { broken: "/stats" } },
  { name: "registries", path: "/registries" },
  { name: "registries-trouble", path: "/registries", options: { scenario: "trouble" } },
  {
    name: "registries-test",
    path: "/registries",
    act: (page) => page.getByRole("button", { name: "Test docker" }).click(),
  },
  {
    name: "registry",
    path: "/registries/harbor",
    act: async (page) => {
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await page.getByText("Names", { exact: true }).click();
    },
  },
  {
    name: "registry-diff",
    path: "/registries/harbor",
    act: async (page) => {
      await page.getByLabel("Address of the registry").fill("https://harbor2.example.com");
      await page.getByRole("button", { name: "Review and save" }).click();
    },
  },
  {
    name: "registry-delete",
    path: "/registries/harbor",
    act: (page) => page.getByRole("button", { name: "Delete" }).click(),
  },
  { name: "registry-read-only", path: "/registries/nvcr" },
  {
    name: "registry-new",
    path: "/registries/new",
    act: async (page) => {
      await page.getByLabel("Name", { exact: true }).fill("My Registry");
      await page.getByLabel("Address of the registry").fill("https://broken.example.com");
      await page.getByLabel("Sign-in").selectOption("password");
      await page.getByRole("button", { name: "Test", exact: true }).click();
    },
  },
  {
    name: "cache",
    path: "/cache",
    act: async (page) => {
      await page.locator(".twist").nth(1).click();
      await page.locator(".depth-1 .twist").first().click();
      await page.locator(".depth-2 .twist").first().click();
      await page.locator(".tree input").first().check();
      await page.locator(".depth-1 input").nth(1).check();
    },
  },
  { name: "cache-many", path: "/cache?page=120", options: { images: 10_000 } },
  { name: "cache-empty", path: "/cache", options: { scenario: "empty" } },
  {
    name: "cache-evict",
    path: "/cache",
    act: async (page) => {
      await page.getByRole("button", { name: /^Evict \w+\// }).first().click();
      await page.getByText("Items to remove").click();
    },
  },
  {
    name: "cache-evict-age",
    path: "/cache",
    act: (page) => page.getByRole("button", { name: "Evict by age…" }).click(),
  },
  {
    name: "image",
    path: "/cache/images/docker/library/alpine:3.22",
    act: (page) => page.getByText("Labels", { exact: true }).click(),
  },
  { name: "image-gone", path: "/cache/images/docker/library/alpine:gone" },
  { name: "blobs", path: "/cache/blobs?sort=size" },
  { name: "blobs-none", path: "/cache/blobs?q=nothing-like-it" },
  { name: "blob", path: `/cache/blobs/${digestOf("blob 4")}` },
  { name: "blob-gone", path: `/cache/blobs/${digestOf("no such blob")}` },
  { name: "activity", path: "/activity" },
  {
    name: "activity-errors",
    path: "/activity?errors=true",
    options: { scenario: "trouble" },
  },
  { name: "activity-empty", path: "/activity", options: { scenario: "empty" } },
  {
    name: "request",
    path: "/activity",
    act: (page) => page.locator("tbody a").nth(3).click(),
  },
  {
    name: "request-failed",
    path: "/activity?errors=true",
    options: { scenario: "trouble" },
    act: (page) => page.locator("tbody a").first().click(),
  },
  { name: "connect", path: "/connect" },
  { name: "connect-containerd", path: "/connect/containerd?registry=quay" },
  { name: "settings", path: "/settings" },
  { name: "login-oidc", path: "/", options: { signedIn: false, oidc: "Keycloak" } },
  {
    name: "settings-allow",
    path: "/settings",
    act: (page) => page.getByRole("button", { name: "Allow telemetry.example.net…" }).click(),
  },
  { name: "login", path: "/", options: { signedIn: false } },
  {
    name: "login-wrong",
    path: "/cache",
    options: { signedIn: false },
    act: async (page) => {
      await page.getByLabel("User name").fill("admin");
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "menu",
    path: "/settings",
    act: (page) => page.getByRole("button", { name: "Appearance and account" }).click(),
  },
  {
    name: "search",
    path: "/settings",
    act: async (page) => {
      await page.keyboard.press("/");
      await page.getByRole("combobox").fill("re");
      await page.getByRole("option").first().waitFor();
    },
  },
  {
    name: "shortcuts",
    path: "/settings",
    act: (page) => page.keyboard.press("?"),
  },
  {
    name: "cache-growth",
    path: "/cache",
    act: (page) => page.getByText("Growth over 30 days").click(),
  },
  {
    name: "registry-trouble",
    path: "/registries/quay",
    options: { scenario: "trouble" },
  },
  { name: "missing", path: "/no/such/page" },
];

const [directory, wanted = ""] = Deno.args;
if (!directory) throw new Error("where to: deno run -A tests/e2e/screenshots.ts DIR");
await Deno.mkdir(directory, { recursive: true });
const dist = await Deno.makeTempDir();
await build(dist);
const browser = await startBrowser();
try {
  for (const shot of SHOTS.filter(({ name }) => new RegExp(wanted).test(name))) await take(shot);
} finally {
  await browser.close();
  await Deno.remove(dist, { recursive: true });
}

/** Opens the page once, then looks at it in each view. */
async function take(shot: Shot): Promise<void> {
  const api = new FakeApi({ dist, now: NOW, ...shot.options });
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: () => {} },
    api.fetch,
  );
  const context = await openContext(browser, VIEWS[0]!);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => say(shot.name, `error ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (401|404|500)/.test(message.text())) {
      say(shot.name, message.text());
    }
  });
  try {
    await page.clock.setFixedTime(NOW);
    await page.goto(`http://127.0.0.1:${server.addr.port}${shot.path}`);
    await page.locator("h1").first().waitFor();
    if (!shot.options?.hanging) {
      await page.waitForFunction(() => !document.querySelector(".skeleton"));
    }
    await shot.act?.(page);
    for (const view of VIEWS) await photograph(page, shot.name, view);
  } catch (error) {
    say(shot.name, error instanceof Error ? error.message : String(error));
  } finally {
    await context.close();
    stop.abort();
    await server.finished;
  }
}

async function photograph(page: Page, shot: string, view: View): Promise<void> {
  const name = `${shot}-${view.width}-${view.theme}`;
  await page.setViewportSize(view);
  await page.emulateMedia({ colorScheme: view.theme });
  await page.waitForTimeout(150);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.screenshot({ path: join(directory!, `${name}.png`), fullPage: height < 3000 });
  for (const violation of await violationsOn(page)) say(name, violation);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (overflow > 0) say(name, `${overflow} px too wide`);
}

function say(name: string, text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${name}: ${text}\n`));
}
