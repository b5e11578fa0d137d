/** Several people at the dashboard, in a real browser: what each role sees. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { join } from "node:path";
import { violationsOn } from "./harness/axe.ts";
import {
  type Dashboard,
  type Eyes,
  hashed,
  openEyes,
  PASSWORD,
  signIn,
  startDashboard,
} from "./harness/dashboard.ts";
import { forAll } from "./harness/for_all.ts";
import { buildImage } from "./harness/image.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed, skopeoPull } from "./harness/skopeo.ts";

interface Scene extends AsyncDisposable {
  dashboard: Dashboard;
  eyes: Eyes;
}

/** A Berth with an image in its cache, a webhook, and one person of each role. */
async function setScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await scratchDir("people"));
  const registry = stack.use(await startRegistry());
  const image = await buildImage(join(path, "image"), 100_000);
  await seed(registry, "library/app", image);
  const yaml = `registries: { docker: { url: "${registry.url}", library: true } }
users: { ann: "${await hashed(PASSWORD)}" }
webhooks: [{ name: ops, url: "http://127.0.0.1:9/" }]
`;
  const admin = (hash: string) =>
    `  users:
    vera: { password_hash: "${hash}", role: viewer }
    olaf: { password_hash: "${hash}", role: operator }`;
  const dashboard = stack.use(await startDashboard(yaml, { admin }));
  await skopeoPull(`${dashboard.host}/library/app:${image.tag}`, join(path, "pulled"), [
    ...["--src-creds", `ann:${PASSWORD}`],
  ]);
  const eyes = stack.use(await openEyes(dashboard));
  const owned = stack.move();
  return { dashboard, eyes, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const at = forAll(setScene);

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

async function enterAs(name: string, path: string): Promise<Page> {
  const page = await at().eyes.open(path);
  await signIn(page, PASSWORD, name);
  await page.getByRole("navigation", { name: "Pages", exact: true }).waitFor();
  return page;
}

/** What changes something, by the page that has it: its name, and the roles that find it there. */
const CONTROLS = [
  ["/registries", "link", "Add registry", ["admin"]],
  ["/registries", "link", "Edit docker", ["admin"]],
  ["/registries", "button", "Test docker", ["admin", "olaf"]],
  ["/registries/docker", "button", "Review and save", ["admin"]],
  ["/registries/docker", "button", "Delete", ["admin"]],
  ["/registries/docker", "button", "Test", ["admin", "olaf"]],
  ["/cache", "button", "Verify all", ["admin", "olaf"]],
  ["/cache", "button", "Evict by age…", ["admin", "olaf"]],
  ["/cache", "button", "Evict docker/library/app", ["admin", "olaf"]],
  ["/cache", "button", "Pin docker/library/app", ["admin", "olaf"]],
  ["/cache", "checkbox", "Choose docker/library/app", ["admin", "olaf"]],
  ["/settings", "button", "Reload configuration", ["admin"]],
  ["/settings", "button", "Send a test", ["admin", "olaf"]],
] as const;

/** What each page shows once it is loaded. */
const LOADED: Record<string, string> = {
  "/registries": "quay",
  "/registries/docker": "Address of the registry",
  "/cache": "docker/",
  "/settings": "Webhooks",
};

for (const name of ["vera", "olaf", "admin"]) {
  Deno.test(`people, ${name} finds what the role may do, and nothing else`, async () => {
    const page = await enterAs(name, "/");
    for (const path of new Set(CONTROLS.map(([path]) => path))) {
      await page.goto(at().dashboard.url + path);
      await page.locator("main").getByText(LOADED[path]!).first().waitFor();
      await page.waitForFunction(() => !document.querySelector(".skeleton"));
      for (const [where, role, control, roles] of CONTROLS) {
        if (where !== path) continue;
        const found = await page.getByRole(role, { name: control, exact: true }).count();
        const expected = (roles as readonly string[]).includes(name);
        assert.equal(found > 0, expected, `${control} on ${path} for ${name}`);
      }
      assert.deepEqual(await violationsOn(page), [], `${path} for ${name}`);
    }
    assert.deepEqual(at().eyes.errors, []);
  });
}

Deno.test("people, an operator tests a registry as it is, and may not change it", async () => {
  const page = await enterAs("olaf", "/registries/docker");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByRole("listitem").getByText("Ask for /v2/").waitFor();
  assert.ok(await page.getByLabel("Address of the registry").isDisabled());
  await page.goto(`${at().dashboard.url}/registries/new`);
  await page.getByText("Your role may not add registries.").waitFor();
  const status = await page.evaluate(async () => {
    const response = await fetch("/api/v1/registries/docker", { method: "DELETE" });
    return [response.status, (await response.json()).title];
  });
  assert.deepEqual(status, [403, 'Requires the right "registries"']);
});

Deno.test("tokens, one is made, shown once, used to pull and to look, and revoked", async () => {
  const { dashboard, eyes } = at();
  const page = await enterAs("admin", "/settings");
  await page.getByRole("link", { name: "API tokens" }).click();
  await heading(page, "API tokens").waitFor();
  await page.getByText("No tokens yet").waitFor();
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("ci");
  for (const scope of ["pull", "read"]) await dialog.getByLabel(new RegExp(`^${scope} `)).check();
  assert.deepEqual(await violationsOn(page), [], "new token");
  await dialog.getByRole("button", { name: "Make token" }).click();
  await dialog.getByText("Copy it now: it is not shown again.").waitFor();
  assert.deepEqual(await violationsOn(page), [], "made token");
  const token = (await dialog.getByRole("region", { name: "The token" }).textContent())!;
  assert.match(token, /^berth_[\w-]{43}$/);
  await dialog.getByRole("button", { name: "Done" }).click();
  assert.ok(!(await page.content()).includes(token));

  const headers = { authorization: `Bearer ${token}` };
  const status = await fetch(`${dashboard.url}/api/v1/status`, { headers });
  assert.equal(status.status, 200);
  await status.body?.cancel();
  const basic = { authorization: `Basic ${btoa(`token:${token}`)}` };
  const v2 = (headers: HeadersInit) => fetch(`http://${dashboard.host}/v2/`, { headers });
  for (const [headers, expected] of [[basic, 200], [{}, 401]] as const) {
    const response = await v2(headers);
    assert.equal(response.status, expected);
    await response.body?.cancel();
  }
  await page.reload();
  const row = page.getByRole("row", { name: /ci/ });
  await row.getByText("127.0.0.1").waitFor();
  assert.deepEqual(await violationsOn(page), [], "tokens");
  await row.getByRole("button", { name: "Revoke ci" }).click();
  await dialog.getByRole("button", { name: "Revoke ci" }).click();
  await page.getByText("No tokens yet").waitFor();
  const after = await v2(basic);
  assert.equal(after.status, 401);
  await after.body?.cancel();
  assert.deepEqual(eyes.errors, []);
});

Deno.test("audit, who changed what and who could not sign in, by address of the page", async () => {
  const { dashboard, eyes } = at();
  const wrong = { authorization: `Basic ${btoa("ann:wrong")}` };
  await (await fetch(`http://${dashboard.host}/v2/`, { headers: wrong })).body?.cancel();
  const page = await enterAs("olaf", "/settings");
  assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
  await page.goto(`${dashboard.url}/settings/audit`);
  await page.getByText('Requires the right "admin"').waitFor();
  eyes.errors.length = 0; // the console tells of the 403

  const admin = await enterAs("admin", "/settings/audit");
  await admin.getByRole("row", { name: /olaf .* Sign-in .*Done/ }).first().waitFor();
  const guess = admin.getByRole("row", { name: /ann .* Registry sign-in .*Refused/ });
  await guess.getByText("127.0.0.1").waitFor();
  assert.deepEqual(await violationsOn(admin), [], "audit log");
  await admin.getByLabel("Action").selectOption("Token made");
  await guess.waitFor({ state: "detached" });
  await admin.getByRole("row", { name: /admin .* Token made ci/ }).waitFor();
  await admin.waitForURL(/\?action=token-make$/);
  const download = admin.waitForEvent("download");
  await admin.getByRole("link", { name: "CSV file of these entries" }).click();
  const csv = await Deno.readTextFile(await (await download).path());
  assert.match(csv, /^time,user,.*\r\n\S+,admin,password,127\.0\.0\.1,token-make,ci,done,1,/);
  await admin.getByLabel("User or token").fill("nobody");
  await admin.getByRole("button", { name: "Show everything" }).click();
  await guess.waitFor();
  assert.deepEqual(eyes.errors, []);
});

Deno.test("people, an operator evicts", async () => {
  const page = await enterAs("olaf", "/cache");
  await page.getByRole("button", { name: "Evict docker/library/app", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Evict \d+ digests, / }).click();
  await heading(page, "Cache").waitFor();
  await page.getByText("The cache is empty").waitFor();
});
