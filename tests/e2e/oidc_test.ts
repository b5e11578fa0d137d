/** Sign-in by OpenID Connect in a real browser, at a real provider. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { freePort } from "../fake/ports.ts";
import { violationsOn } from "./harness/axe.ts";
import {
  type Dashboard,
  type Eyes,
  openEyes,
  signIn,
  startDashboard,
} from "./harness/dashboard.ts";
import { type RealProvider, startProvider } from "./harness/oidc_provider.ts";

const SECRET = "what the two of them know";
const GROUPS: Record<string, string[]> = { ann: ["staff", "admins"] };

interface Scene extends AsyncDisposable {
  dashboard: Dashboard;
  /** Starts the provider. */
  provide(): Promise<RealProvider>;
  eyes: Eyes;
}

async function setScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const port = freePort();
  const admin = () =>
    `  oidc:
    issuer: "http://127.0.0.1:${port}"
    name: Example
    client_id: berth
    client_secret: "${SECRET}"
    roles: { admins: admin, staff: viewer }`;
  const dashboard = stack.use(await startDashboard("", { admin }));
  const provide = () =>
    startProvider({
      port,
      secret: SECRET,
      redirect: `${dashboard.url}/login/oidc`,
      groupsOf: (name) => GROUPS[name] ?? [],
    });
  const eyes = stack.use(await openEyes(dashboard));
  const owned = stack.move();
  return { dashboard, provide, eyes, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The provider's pages want fonts from the Internet, and wait for them. */
async function open(eyes: Eyes, path?: string): Promise<Page> {
  const page = await eyes.open(path);
  await page.route(({ hostname }) => hostname !== "127.0.0.1", (route) => route.abort());
  return page;
}

/** From Berth's page by the provider's own pages back to Berth. */
async function signInAt(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Sign in with Example" }).click();
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("whatever");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

Deno.test("oidc, in a browser: by the provider to the page that was asked for, as the role says", async () => {
  await using scene = await setScene();
  const { dashboard, eyes } = scene;
  const early = await open(eyes);
  await early.getByRole("button", { name: "Sign in with Example" }).click();
  await early.getByText("Example cannot be reached").waitFor();
  await signIn(early);
  await early.getByRole("navigation", { name: "Pages", exact: true }).waitFor();

  await using _provider = await scene.provide();
  const page = await open(eyes, "/settings?show=all");
  assert.deepEqual(await violationsOn(page), [], "sign-in page");
  await signInAt(page, "ann");
  await page.waitForURL(`${dashboard.url}/settings?show=all`);
  await page.getByRole("button", { name: "Reload configuration" }).waitFor();
  await page.goto(`${dashboard.url}/settings/audit`);
  await page.getByRole("row", { name: /ann OpenID Connect, 127\.0\.0\.1 Sign-in Done/ }).waitFor();

  const stranger = await open(eyes);
  await signInAt(stranger, "eve");
  await stranger.getByText("You have no role here").waitFor();
  await stranger.getByText("Example knows you as eve").waitFor();
  assert.equal(new URL(stranger.url()).search, "", "no code stays in the address");
  assert.deepEqual(await violationsOn(stranger), [], "refused");

  const log = await dashboard.output();
  assert.match(
    log,
    /127\.0\.0\.1: dashboard sign-in as eve by OpenID Connect failed: You have no role/,
  );
  assert.ok(!log.includes(SECRET));
  assert.deepEqual(eyes.errors, []);
});
