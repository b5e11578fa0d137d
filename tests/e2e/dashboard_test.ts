/** The dashboard in a real browser: what an operator does, from the first sign-in to an eviction. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { violationsOn } from "./harness/axe.ts";
import {
  type Dashboard,
  type Eyes,
  makeReadOnly,
  openEyes,
  PASSWORD,
  signIn,
  startDashboard,
} from "./harness/dashboard.ts";
import { forAll } from "./harness/for_all.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { type RealRegistry, startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed, skopeoPull } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

const COMMENTED = (url: string) => `
registries:
  # stands in for Docker Hub; ask the network team before you change it
  docker:
    url: ${url}   # on loopback
    library: true

  # quay is asked for as it is
  quay: { url: "https://quay.io" }
  away: { url: "http://127.0.0.1:9" }

webhooks:
  - { name: ops, url: "http://127.0.0.1:${freePort()}/secret-path" }
`;

interface Scene extends AsyncDisposable {
  dashboard: Dashboard;
  eyes: Eyes;
  registry: RealRegistry;
  image: Image;
  /** Pulls the image as a client, into a directory of its own. */
  pull(): Promise<void>;
}

async function setScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await scratchDir("scene"));
  const image = await buildImage(join(path, "image"), 3_000_000);
  const registry = stack.use(await startRegistry());
  await seed(registry, "library/app", image);
  const dashboard = stack.use(await startDashboard(COMMENTED(registry.url)));
  const eyes = stack.use(await openEyes(dashboard));
  const owned = stack.move();
  let pulls = 0;
  return {
    dashboard,
    eyes,
    registry,
    image,
    pull: () => skopeoPull(`${dashboard.host}/library/app:${image.tag}`, join(path, `${pulls++}`)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const at = forAll(setScene);

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name });

Deno.test("dashboard, a wrong password is refused in words, the right one leads to the page asked for", async () => {
  const page = await at().eyes.open("/settings?show=all");
  await signIn(page, "wrong");
  await page.getByRole("alert").getByText(/password/i).waitFor();
  assert.equal(await page.getByLabel("Password").inputValue(), "");
  await signIn(page);
  await heading(page, "Settings").waitFor();
  await page.getByText("cache.max_size", { exact: true }).waitFor();
  assert.match(page.url(), /\/settings\?show=all$/);
});

Deno.test("dashboard, the first pull turns the welcome into the overview", async () => {
  const { eyes, pull } = at();
  const page = await eyes.enter();
  await heading(page, /Nothing was pulled yet/).waitFor();
  await page.getByText("registry-mirrors").waitFor();
  await pull();
  await heading(page, "away cannot be reached").waitFor();
  const latest = page.getByRole("region", { name: "Latest requests" });
  await latest.getByText("library/app").first().waitFor();
  await latest.getByText("Miss").first().waitFor();
});

Deno.test("dashboard, a notice that is muted leaves the headline, and comes back", async () => {
  const page = await at().eyes.enter();
  await heading(page, "away cannot be reached").waitFor();
  await page.getByRole("link", { name: "notices", exact: true }).click();
  await heading(page, "Notices").waitFor();
  await page.getByLabel("Mute: away cannot be reached").selectOption({ label: "for a day" });
  await page.getByText(/^Muted until /).waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await heading(page, "docker is reachable, 1 muted").waitFor();
  await page.goto(`${at().dashboard.url}/notices`);
  await page.getByRole("button", { name: "Unmute" }).click();
  await page.getByLabel("Mute: away cannot be reached").waitFor();
});

Deno.test("dashboard, a test of a webhook tells how it went, without its URL", async () => {
  const page = await at().eyes.enter("/settings");
  const panel = page.getByRole("region", { name: "Webhooks" });
  await panel.getByRole("button", { name: "Send a test" }).click();
  await page.getByText(/^ops: the connection was refused/).waitFor();
  await panel.getByText(/^Last delivery .*: the connection was refused$/).waitFor();
  assert.doesNotMatch(await page.content(), /secret-path/);
});

Deno.test("dashboard, a pull appears live, in the tiles and in the charts", async () => {
  const { eyes, pull, image } = at();
  const page = await eyes.enter();
  const latest = page.getByRole("region", { name: "Latest requests" });
  await latest.waitFor();
  await pull();
  await latest.getByText("Hit", { exact: true }).first().waitFor();
  await page.getByText("Show as table").click();
  const figures = page.getByRole("region", { name: "Figures over time" });
  const hits = figures.locator('td[data-label="Hits"]').first();
  await until(
    "the hits are in the table",
    async () => Number(await hits.textContent()) >= image.digests.size - 1,
  );
  assert.equal(await hoverOver(page, "Hits and misses", "Hits"), await hits.textContent());
  const pulls = figures.locator('td[data-label="Pulls"]').first();
  assert.notEqual(await pulls.textContent(), "0");
  assert.equal(await hoverOver(page, "Pulls", "Pulls"), await pulls.textContent());
  await page.locator(".chart", { hasText: "Errors" }).getByText("No errors").waitFor();
});

Deno.test("dashboard, rules are tried on what was pulled before they are put in place", async () => {
  const page = await at().eyes.enter("/settings/policy");
  await page.getByText("Everything may come through").waitFor();
  const panel = page.getByRole("region", { name: "Try rules" });
  const attempt = async (rules: string) => {
    await panel.getByLabel("Rules").fill(rules);
    await panel.getByRole("button", { name: /^Try on/ }).click();
  };
  await attempt("- action: forbid");
  await panel.getByRole("alert").getByText(/policy\.rules\[0\]\.action: found "forbid"/).waitFor();
  await attempt('- { action: deny, tags: ["*"], reason: no tags }');
  await panel.getByText(/^Of \d+.recorded pulls?, [1-9]\d* would have been refused/).waitFor();
  await panel.getByText("no tags (policy.rules[0])").first().waitFor();
  await panel.getByText(/^docker\/library\/app:/).first().waitFor();
});

/** What a chart tells of `series` with the pointer over its last step. */
async function hoverOver(page: Page, chart: string, series: string): Promise<string | null> {
  const plot = page.getByRole("img", { name: `${chart}.` });
  const { width, height } = (await plot.locator(".u-over").boundingBox())!;
  await plot.locator(".u-over").hover({ position: { x: width - 1, y: height / 2 } });
  const row = plot.locator(".chart-tip div", { hasText: series });
  return await row.locator("span").last().textContent();
}

Deno.test("dashboard, a registry is added, tested, changed and deleted, and comments stay", async () => {
  const { dashboard, eyes, registry } = at();
  const before = await Deno.readTextFile(dashboard.configFile);
  const page = await eyes.enter("/registries");
  await page.getByRole("link", { name: "Add registry" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Not A Name");
  await page.getByText(/expected a registry name/).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("spare");
  await page.getByLabel("Address of the registry").fill(registry.url);
  await page.getByText(/expected a registry name/).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByRole("listitem").getByText("Ask for /v2/").waitFor();
  await page.getByRole("button", { name: "Review and add" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("spare:").waitFor();
  await dialog.getByRole("button", { name: "Add spare" }).click();
  await heading(page, "spare").waitFor();

  await page.getByLabel("Address of the registry").fill(`${registry.url}/`);
  await page.getByText("Names", { exact: true }).click();
  await page.getByLabel("Aliases").fill("spare.example.com");
  await page.getByRole("button", { name: "Review and save" }).click();
  await dialog.getByText("spare.example.com").waitFor();
  await dialog.getByRole("button", { name: "Save the change" }).click();
  await page.getByRole("link", { name: "spare", exact: true }).click();
  const changed = await Deno.readTextFile(dashboard.configFile);
  assert.match(changed, /spare\.example\.com/);
  for (const line of before.split("\n")) assert.ok(changed.includes(line), `lost: ${line}`);

  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete registry spare" }).click();
  await heading(page, "Registries").waitFor();
  await page.getByRole("link", { name: "docker", exact: true }).waitFor();
  assert.equal(await page.getByRole("link", { name: "spare", exact: true }).count(), 0);
  assert.equal(await Deno.readTextFile(dashboard.configFile), before);
});

Deno.test("dashboard, a file that changed underneath is not overwritten", async () => {
  const { dashboard, eyes } = at();
  const before = await Deno.readTextFile(dashboard.configFile);
  const page = await eyes.enter("/registries/quay");
  await page.getByText("Tag caching").click();
  await page.getByLabel(/without checking upstream/).fill("10m");
  await page.getByRole("button", { name: "Review and save" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("10m").waitFor();
  await Deno.writeTextFile(dashboard.configFile, `# by another hand\n${before}`);
  await dialog.getByRole("button", { name: "Save the change" }).click();
  await dialog.getByRole("alert").waitFor();
  assert.equal(await Deno.readTextFile(dashboard.configFile), `# by another hand\n${before}`);
  await dialog.getByRole("button", { name: "Review again" }).click();
  await dialog.getByRole("button", { name: "Save the change" }).click();
  await heading(page, "Registries").waitFor();
  const after = await Deno.readTextFile(dashboard.configFile);
  assert.match(after, /^# by another hand\n/);
  assert.match(after, /ttl: 10m/);
  await Deno.writeTextFile(dashboard.configFile, before);
});

Deno.test("dashboard, a digest is found, evicted, and missed at the next pull", async () => {
  const { eyes, pull, image } = at();
  await pull();
  const layer = image.platforms.amd64.layers[1]!;
  const page = await eyes.enter("/cache/blobs");
  await page.getByRole("searchbox").fill(layer.slice(0, 20));
  await page.getByText("1 digest", { exact: true }).waitFor();
  await page.getByRole("row", { name: /layer/ }).getByRole("link").click();
  await page.getByRole("link", { name: "docker/library/app" }).waitFor();
  await page.getByRole("button", { name: "Evict…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/next pull downloads it/).waitFor();
  await dialog.getByRole("button", { name: /^Evict 1 digest, [\d.]+ MiB$/ }).click();
  await page.getByText("Evicted 1 digest").waitFor();
  await pull();
  await page.goto(`${at().dashboard.url}/activity?cache=miss&q=${layer}`);
  await page.locator("tbody").getByText("Miss").first().waitFor();
});

Deno.test("dashboard, an image has a page: platforms, configuration, layers, attestation, commands", async () => {
  const { dashboard, eyes, pull, image } = at();
  await pull();
  const name = `library/app:${image.tag}`;
  const page = await eyes.enter("/cache");
  await page.getByRole("button", { name: "docker/library/app", exact: true }).click();
  await page.getByRole("link", { name: `About ${name}` }).click();
  await heading(page, name).waitFor();
  const region = (name: string) => page.getByRole("region", { name });
  await region("Platforms").getByRole("link", { name: "linux/amd64" }).waitFor();
  assert.equal(await region("Platforms").getByText("unknown").count(), 0);
  await region("Configuration").getByText('["/hello"]').waitFor();
  assert.equal(await region("History").getByRole("cell", { name: /sha256:/ }).count(), 3);
  await region("Signatures and attestations").getByText("Attestation", { exact: true }).waitFor();
  await page.getByRole("button", { name: /^Pull .* now$/ }).waitFor();
  assert.match(
    await page.getByRole("link", { name: "Pulls", exact: true }).getAttribute("href") ?? "",
    /^\/activity\/pulls\?image=docker%2F/,
  );
  const commands = region("Pull this image");
  const { port } = new URL(`http://${dashboard.host}`);
  await commands.getByText(`:${port}/${name}`).waitFor();
  await commands.getByLabel("Client").selectOption("Trivy");
  await commands.getByText(/^TRIVY_NON_SSL=true trivy image /).waitFor();
  await page.reload();
  await heading(page, name).waitFor();
  assert.deepEqual(await violationsOn(page), []);
});

Deno.test("dashboard, a key opens the search, which leads to an image; another lists the keys", async () => {
  const { eyes, pull, image } = at();
  await pull();
  const page = await eyes.enter("/settings");
  await heading(page, "Settings").waitFor();
  await page.keyboard.press("/");
  const input = page.getByRole("combobox", { name: /Pages, registries/ });
  await input.fill(`app:${image.tag}`);
  await page.getByRole("option", { name: `docker/library/app:${image.tag}` }).waitFor();
  assert.deepEqual(await violationsOn(page), [], "search");
  await input.press("Enter");
  await heading(page, `library/app:${image.tag}`).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await heading(page, "Registries").waitFor();
});

Deno.test("dashboard, the search pulls an image; rules and learning are set by form, with a look first", async () => {
  const { dashboard, eyes, image } = at();
  const page = await eyes.enter("/settings");
  await heading(page, "Settings").waitFor();
  await page.keyboard.press("/");
  await page.getByRole("combobox", { name: /Pages, registries/ }).fill(`app:${image.tag}`);
  await page.getByRole("option", { name: `Pull app:${image.tag} now` }).click();
  const pull = page.getByRole("region", { name: `docker/library/app:${image.tag}` }).first();
  await pull.getByText("done").waitFor();
  await pull.getByRole("button", { name: "Show parts" }).click();
  await pull.getByRole("table", { name: "Parts" }).getByText("layer").first().waitFor();
  assert.deepEqual(await violationsOn(page), [], "prefetch");

  const rules = page.getByRole("region", { name: "Rules" });
  await rules.getByRole("button", { name: "Add rule" }).click();
  const form = page.getByRole("dialog", { name: "Add rule" });
  await form.getByLabel("Images", { exact: true }).fill("docker/library/app:^9");
  await form.getByRole("button", { name: "Add rule" }).click();
  await form.getByText("no tag fits it now").waitFor();
  await form.getByRole("button", { name: "Add it all the same" }).waitFor();
  await form.getByLabel("Images", { exact: true }).fill("docker/library/app:1.*");
  await form.getByRole("button", { name: "Preview" }).click();
  await form.getByText("1 image of 1 tag that fit").waitFor();
  assert.deepEqual(await violationsOn(page), [], "add rule");
  await form.getByRole("button", { name: "Add rule" }).click();
  await rules.getByText("docker/library/app:1.*").waitFor();
  await rules.getByRole("button", { name: "Run docker/library/app:1.* now" }).click();
  await rules.getByText("1 image held").waitFor();

  const learned = page.getByRole("region", { name: "Learned" });
  await learned.getByRole("button", { name: "Turn on…" }).click();
  const learning = page.getByRole("dialog", { name: "Learn from pulls" });
  await learning.getByLabel("Every").fill("never");
  await learning.getByRole("button", { name: "Save" }).click();
  await learning.getByText(/expected a duration/).waitFor();
  await learning.getByLabel("Every").fill("30m");
  await learning.getByRole("button", { name: "Save" }).click();
  await learned.getByText("The 50 tags pulled most, every 30 min").waitFor();
  const written = await Deno.readTextFile(dashboard.configFile);
  assert.match(written, /learn:\n\s+tags: 50\n\s+every: 30m/);
  assert.match(written, /# stands in for Docker Hub/, "comments stay");
  await learned.getByRole("button", { name: "Change…" }).click();
  await learning.getByRole("button", { name: "Turn off" }).click();
  await learned.getByRole("button", { name: "Turn on…" }).waitFor();
  await rules.getByRole("button", { name: "Remove docker/library/app:1.*" }).click();
  await rules.getByRole("button", { name: "Remove", exact: true }).click();
  await rules.getByText("No rules yet").waitFor();
});

Deno.test("dashboard, an image's tree opens down to its layers, and is evicted as a whole", async () => {
  const { eyes, pull, image } = at();
  await pull();
  const page = await eyes.enter("/cache");
  await page.getByRole("button", { name: "docker/library/app", exact: true }).click();
  await page.getByRole("button", { name: image.tag, exact: true }).click();
  await page.getByRole("button", { name: "linux/amd64" }).click();
  await page.getByRole("link", { name: "layer" }).first().waitFor();
  assert.equal(await page.getByRole("link", { name: "layer" }).count(), 3);
  await page.getByRole("button", { name: "Evict docker/library/app", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /^Evict \d+ digests, / }).click();
  await page.getByText("The cache is empty").waitFor();
});

Deno.test("dashboard, a session that has ended asks to sign in and comes back to the page", async () => {
  const page = await at().eyes.enter("/activity");
  await heading(page, "Activity").waitFor();
  await page.context().clearCookies();
  await page.getByRole("link", { name: "Registries" }).click();
  await page.getByText("Your session has ended").waitFor();
  await signIn(page);
  await heading(page, "Registries").waitFor();
});

Deno.test("dashboard, another site cannot act in the operator's name", async () => {
  const { dashboard, eyes } = at();
  const before = await Deno.readTextFile(dashboard.configFile);
  const page = await eyes.enter("/registries");
  const evil = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<title>Evil</title>", { headers: { "content-type": "text/html" } }),
  );
  const other = await page.context().newPage();
  await other.goto(`http://127.0.0.1:${evil.addr.port}/`);
  const type = "text/plain";
  await other.evaluate(async ([url, type]) => {
    const post = { mode: "no-cors", credentials: "include", headers: { "content-type": type } };
    const body = JSON.stringify({ name: "evil", settings: { url: "https://evil.example" } });
    await fetch(`${url}/api/v1/registries`, { method: "POST", ...post, body } as RequestInit)
      .catch(() => {});
    await fetch(`${url}/api/v1/logout`, { method: "POST", ...post, body: "{}" } as RequestInit)
      .catch(() => {});
  }, [dashboard.url, type]);
  await evil.shutdown();
  await page.reload();
  await heading(page, "Registries").waitFor();
  await page.getByRole("link", { name: "docker", exact: true }).waitFor();
  assert.equal(await Deno.readTextFile(dashboard.configFile), before);
});

Deno.test("dashboard, links, back and reload keep page and filters; Escape gives the focus back", async () => {
  const { eyes } = at();
  const page = await eyes.enter("/activity?errors=true");
  const errors = page.getByLabel("Errors", { exact: true });
  await errors.waitFor();
  assert.equal(await errors.isChecked(), true);
  await page.getByRole("link", { name: "Cache", exact: true }).click();
  await heading(page, "Cache").waitFor();
  await page.goBack();
  await heading(page, "Activity").waitFor();
  assert.match(page.url(), /errors=true/);
  await page.reload();
  assert.equal(await errors.isChecked(), true);

  await page.goto(`${at().dashboard.url}/cache`);
  const opener = page.getByRole("button", { name: "Evict by age…" });
  await opener.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await opener.evaluate((button) => button === document.activeElement), true);
});

const PAGES = [
  "/",
  "/registries",
  "/registries/docker",
  "/registries/new",
  "/cache",
  "/cache/blobs",
  "/activity",
  "/connect",
  "/connect/podman",
  "/settings?show=all",
  "/notices",
  "/nowhere",
];

Deno.test("dashboard, no page has a serious accessibility violation, in light and in dark", async () => {
  const { eyes, pull } = at();
  await pull();
  const page = await eyes.open();
  assert.deepEqual(await violationsOn(page), [], "sign-in");
  await signIn(page);
  for (const path of PAGES) {
    await page.goto(at().dashboard.url + path);
    await page.locator("h1").first().waitFor();
    await page.waitForFunction(() => !document.querySelector(".skeleton"));
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violationsOn(page), [], `${path} ${colorScheme}`);
    }
  }
});

Deno.test("dashboard, the first load takes less than 60 kB compressed", async () => {
  const { dashboard, eyes } = at();
  const page = await eyes.enter();
  const urls = new Set<string>();
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith("/api/")) urls.add(pathname);
  });
  await page.reload();
  await page.locator(".u-over").first().waitFor();
  const loaded = [...urls];
  let bytes = 0;
  for (const path of loaded) {
    const response = await fetch(dashboard.url + path);
    bytes += gzipSync(new Uint8Array(await response.arrayBuffer()), { level: 9 }).length;
  }
  assert.ok(loaded.length > 3);
  assert.ok(bytes < 60_000, `${bytes} bytes: ${loaded.join(" ")}`);
});

Deno.test("dashboard, what fails becomes a column of the errors' chart", async () => {
  const { dashboard, eyes } = at();
  const page = await eyes.enter("/?period=30d");
  await page.getByText("No errors").first().waitFor();
  const response = await fetch(`http://${dashboard.host}/away/v2/app/manifests/1`);
  assert.equal(response.status, 502, await response.text());
  const plot = page.getByRole("img", { name: "Errors." });
  await plot.locator(".u-over").waitFor();
  assert.equal(await hoverOver(page, "Errors", "Errors"), "1");
  await page.getByRole("definition").filter({ hasText: "Show them" }).waitFor();

  await page.goto(`${dashboard.url}/registries/away`);
  const errors = page.getByRole("region", { name: "Latest errors" });
  await errors.getByText("502").first().waitFor();
  // It is known to be down, so that the test runs by itself.
  await page.getByRole("region", { name: "Connection" }).getByText("Connect to port 9").waitFor();
});

Deno.test("dashboard, no page threw an error or broke its content security policy", () => {
  assert.deepEqual(at().eyes.errors, []);
});

Deno.test("dashboard, the password of the first start is printed once and works", async () => {
  await using dashboard = await startDashboard("", { password: false });
  const [, password] = /password (\S+)\)/.exec(await dashboard.output())!;
  await using eyes = await openEyes(dashboard);
  const page = await eyes.open();
  await signIn(page, password!);
  await heading(page, /Nothing was pulled yet/).waitFor();
  assert.notEqual(password, PASSWORD);
});

Deno.test("dashboard, changes to a file that cannot be written are kept above it, told and dropped", async () => {
  await using dashboard = await startDashboard(COMMENTED("https://registry-1.docker.io"), {
    prepare: makeReadOnly,
  });
  const file = await Deno.readTextFile(dashboard.configFile);
  await using eyes = await openEyes(dashboard);
  const page = await eyes.enter("/registries");
  await page.getByText(/cannot be written\. Changes are kept in an overlay/).waitFor();
  await page.getByRole("link", { name: "Edit docker" }).click();
  await page.getByLabel("Address of the registry").fill("https://mirror.example.com");
  await page.getByRole("button", { name: "Review and save" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /Save/ }).click();
  await page.getByText("docker is changed").waitFor();
  await page.goto(`${dashboard.url}/settings`);
  const panel = page.getByRole("region", { name: "Overlay" });
  await panel.getByText("registries.docker.url").waitFor();
  assert.deepEqual(await violationsOn(page), []);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    panel.getByRole("link", { name: "Download YAML" }).click(),
  ]);
  const yaml = await Deno.readTextFile(await download.path());
  assert.match(
    yaml,
    /config:\n {2}registries:\n {4}docker:\n {6}url: https:\/\/mirror\.example\.com/,
  );
  await panel.getByRole("button", { name: "Drop registries.docker.url" }).click();
  await panel.waitFor({ state: "detached" });
  assert.equal(await Deno.readTextFile(dashboard.configFile), file);
  assert.deepEqual(eyes.errors, []);
});
