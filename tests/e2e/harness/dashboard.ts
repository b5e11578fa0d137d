/** Berth with a configuration file in YAML, and its dashboard in a real browser. */
import type { Page } from "playwright-core";
import { join } from "node:path";
import { build } from "../../../ui/build.ts";
import { NOBODY } from "./account.ts";
import { COMMAND, EXECUTABLE } from "./berth.ts";
import { openContext, startBrowser, type View } from "./chromium.ts";
import { run, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { answers } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

const ROOT = join(import.meta.dirname!, "..", "..", "..");
export const PASSWORD = "correct horse battery staple";

export interface Dashboard extends AsyncDisposable {
  /** Of the dashboard, without a slash at the end. */
  readonly url: string;
  /** `localhost:port` of the registry API, as image names spell it. */
  readonly host: string;
  readonly configFile: string;
  output(): Promise<string>;
}

interface DashboardOptions {
  /** False: none is set, so Berth makes one and prints it. */
  password?: boolean;
  /** Lines for the section `admin`; `hash` is that of the password. */
  admin?: (hash: string) => string;
  /** Called before the start, with the configuration file's path. */
  prepare?: (configFile: string) => Promise<void>;
}

/** Starts Berth on free ports of loopback with `yaml` in its file, and its dashboard built anew. */
export async function startDashboard(
  yaml: string,
  options: DashboardOptions = {},
): Promise<Dashboard> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("dashboard")).path;
  if (EXECUTABLE === undefined) await build(join(ROOT, "ui", "dist"));
  const [port, adminPort] = [freePort(), freePort()];
  const configFile = join(dir, "config.yaml");
  const made = await hashed(PASSWORD);
  const hash = options.password === false ? "" : made;
  await Deno.writeTextFile(
    configFile,
    `listen: "127.0.0.1:${port}"
shutdown_grace: 1s
admin:
  listen: "127.0.0.1:${adminPort}"
  password_hash: "${hash}"
${options.admin?.(made) ?? ""}
cache:
  dir: ${join(dir, "cache")}
${yaml}`,
  );
  if (Deno.uid() === 0) {
    for (const path of [dir, configFile]) await Deno.chown(path, NOBODY.uid, NOBODY.gid);
  }
  await options.prepare?.(configFile);
  const [command, ...args] = COMMAND;
  const process = stack.use(
    await start(command!, [...args, "--config", configFile], {
      cwd: dir,
      ready: () => answers(`http://127.0.0.1:${port}/readyz`, { statuses: [200] }),
    }),
  );
  const owned = stack.move();
  return {
    url: `http://127.0.0.1:${adminPort}`,
    host: `localhost:${port}`,
    configFile,
    output: () => process.output(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The hash of `password`, as `berth hash-password` makes it. */
export async function hashed(password: string): Promise<string> {
  const [command, ...args] = COMMAND;
  const stdin = new TextEncoder().encode(`${password}\n`);
  return (await run(command!, [...args, "hash-password"], { stdin })).trim();
}

/** A browser; each page that it opens has a profile of its own. */
export interface Eyes extends AsyncDisposable {
  /** Opens `path`; what goes wrong inside the page is gathered in `errors`. */
  open(path?: string): Promise<Page>;
  /** As `open`, and signs in. */
  enter(path?: string): Promise<Page>;
  /** Errors that pages threw. */
  readonly errors: string[];
}

const DESK: View = { width: 1280, height: 900, theme: "light" };

/** Starts Chromium to look at `dashboard`. */
export async function openEyes(dashboard: Dashboard): Promise<Eyes> {
  const browser = await startBrowser();
  const errors: string[] = [];
  const open = async (path = "/") => {
    const page = await (await openContext(browser, DESK)).newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy|Uncaught/.test(message.text())) errors.push(message.text());
    });
    await page.goto(dashboard.url + path);
    return page;
  };
  return {
    open,
    errors,
    async enter(path) {
      const page = await open(path);
      await signIn(page);
      await page.getByRole("navigation", { name: "Pages", exact: true }).waitFor();
      return page;
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Fills in the sign-in form and sends it. */
export async function signIn(page: Page, password = PASSWORD, name = "admin"): Promise<void> {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Makes a file that not even root can write; unmounted when the scratch directory goes. */
export async function makeReadOnly(file: string): Promise<void> {
  if (Deno.uid() !== 0) return await Deno.chmod(file, 0o444);
  await run("mount", ["--bind", file, file]);
  await run("mount", ["-o", "remount,bind,ro", file]);
}
