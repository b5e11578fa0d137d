/** Who pulls what, in a real browser: pulls by Skopeo and by clients that go away or ask too much. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { join } from "node:path";
import { violationsOn } from "./harness/axe.ts";
import { type Dashboard, type Eyes, openEyes, startDashboard } from "./harness/dashboard.ts";
import { forAll } from "./harness/for_all.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed, skopeoPull } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";

interface Scene extends AsyncDisposable {
  dashboard: Dashboard;
  eyes: Eyes;
  image: Image;
}

const ADDRESS = "127.0.0.1";

async function setScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await scratchDir("clients"));
  const image = await buildImage(join(path, "image"), 3_000_000);
  const registry = stack.use(await startRegistry());
  await seed(registry, "acme/app", image);
  const dashboard = stack.use(
    await startDashboard(`
trusted_proxies: [${ADDRESS}]
clients: { name_header: X-Node-Name }
registries:
  hub: { url: "${registry.url}" }
  quay: { url: "${registry.url}" }
default_registry: hub
limits: [{ name: greedy, registries: [quay], requests: 1/h }]
`),
  );
  const eyes = stack.use(await openEyes(dashboard));
  const owned = stack.move();
  for (const time of ["first", "second"]) {
    await skopeoPull(`${dashboard.host}/acme/app:${image.tag}`, join(path, time));
  }
  return { dashboard, eyes, image, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const at = forAll(setScene);

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name });

const ask = (path: string, init?: RequestInit) =>
  fetch(`http://${at().dashboard.host}${path}`, init);

Deno.test("dashboard, pulls say what the cache had of them, newest first", async () => {
  const page = await at().eyes.enter("/activity/pulls");
  await heading(page, "Pulls").waitFor();
  const rows = page.getByRole("region", { name: "Pulls" }).getByRole("row");
  await until("both pulls are there", async () => await rows.count() === 3);
  const [second, first] = [rows.nth(1), rows.nth(2)];
  const blobs = await first.getByText(/^0 of \d from the cache$/).innerText();
  const [, count] = /of (\d)/.exec(blobs)!;
  await second.getByText(`${count} of ${count} from the cache`).waitFor();
  await second.getByText("Complete").waitFor();
  await page.getByLabel("Image").fill("acme/none");
  await page.getByText("Nothing matches").waitFor();
  assert.match(page.url(), /image=acme%2Fnone/);
});

Deno.test("dashboard, a node by the name that a trusted proxy gives, and what it was refused", async () => {
  const headers = {
    ...{ "x-forwarded-for": "10.7.7.7", "x-node-name": "node-7" },
    accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
  };
  for (const status of [200, 429]) {
    const { tag } = at().image;
    const response = await ask(`/v2/acme/app/manifests/${tag}?ns=quay`, { headers });
    const text = await response.text();
    assert.equal(response.status, status, text);
    if (status === 429) assert.match(text, /the limit greedy of this proxy allows a client 1\/h/);
  }
  const page = await at().eyes.enter("/activity/clients");
  await page.getByRole("link", { name: "node-7" }).click();
  await heading(page, "node-7").waitFor();
  await page.getByText("greedy").first().waitFor();
  await page.getByText(/1\serror, 0 refused, 1 limited/).waitFor();
  await page.getByText("Failed", { exact: true }).waitFor();
  // What holds for it stands on its page, in words.
  const limits = page.getByRole("definition").filter({ hasText: "greedy" });
  assert.match(await limits.innerText(), /greedy: .*1\/h/);
  await page.keyboard.press("/");
  await page.getByRole("combobox", { name: /clients/ }).fill("node-7");
  await page.getByRole("option", { name: /node-7, 10\.7\.7\.7/ }).click();
  await page.getByText(/1\serror, 0 refused, 1 limited/).waitFor();
  await page.goto(`${at().dashboard.url}/`);
  const top = page.getByRole("region", { name: "Top clients" });
  await top.getByText("node-7").waitFor();
  await page.getByRole("region", { name: "Top images" }).getByText("acme/app").first().waitFor();
});

Deno.test("dashboard, what is shown of pulls can be saved as CSV and as JSON", async () => {
  const page = await at().eyes.enter("/activity/pulls?result=complete");
  await page.getByRole("cell").getByText("Complete").first().waitFor();
  const texts: string[] = [];
  for (const format of ["CSV", "JSON"]) {
    const saved = page.waitForEvent("download");
    await page.getByRole("link", { name: `${format} file of these pulls` }).click();
    texts.push(await Deno.readTextFile(await (await saved).path()));
  }
  assert.match(texts[0]!, /^time,duration_ms,client,/);
  assert.ok(JSON.parse(texts[1]!).items.length >= 2);
});

Deno.test("dashboard, pages of clients have no serious accessibility violation", async () => {
  const page = await at().eyes.enter();
  for (
    const path of ["/activity/pulls", "/activity/clients", `/activity/client?address=${ADDRESS}`]
  ) {
    await page.goto(at().dashboard.url + path);
    await page.getByRole("table").first().waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violationsOn(page), [], `${path} ${colorScheme}`);
    }
  }
  assert.deepEqual(at().eyes.errors, []);
});
