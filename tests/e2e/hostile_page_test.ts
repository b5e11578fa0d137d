/** What clients, registries and other sites put before the dashboard, in a real browser. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { image, OCI_MANIFEST } from "../fake/content.ts";
import { raw } from "../fake/raw.ts";
import { type FakeRegistry, fakeRegistry } from "../fake/registry.ts";
import { type Dashboard, openEyes, startDashboard } from "./harness/dashboard.ts";
import { until } from "./harness/wait.ts";

const PAYLOADS = [
  "<script>window.pwned=1</script>",
  "<img src=x onerror=window.pwned=1>",
  '"><svg/onload=window.pwned=1>',
  "javascript:window.pwned=1",
  "{{constructor.constructor('window.pwned=1')()}}",
];

const YAML = (url: string) =>
  `registries:
  docker: { url: "${url}", library: true }
`;

/** Leaves every payload wherever a client or a registry can: paths, agents, messages, types. */
async function poison({ host }: Dashboard, upstream: FakeRegistry): Promise<void> {
  const address = host.replace("localhost", "127.0.0.1");
  const url = `http://${address}`;
  const drop = async (response: Response) => void await response.body?.cancel();
  for (const payload of PAYLOADS) {
    const lines = [`GET /v2/${payload.replaceAll(" ", "/")}/manifests/1 HTTP/1.1`, "Host: x"];
    await raw(
      address,
      [...lines, `User-Agent: ${payload}`, "Connection: close", "", ""].join("\r\n"),
    );
    await drop(await fetch(`${url}/v2/org/app/manifests/${encodeURIComponent(payload)}`));
    await drop(await fetch(`${url}/v2/org/app/tags/list?last=${encodeURIComponent(payload)}`));
    await drop(await fetch(`${url}/v2/${encodeURIComponent(payload)}/tags/list`));
    const body = JSON.stringify({ errors: [{ code: payload, message: payload }] });
    const answer = { kind: "answer", status: 400, body } as const;
    const headers = { "user-agent": payload, accept: OCI_MANIFEST };
    upstream.fault({ path: /tags\/list/, action: answer });
    await drop(await fetch(`${url}/v2/org/app/tags/list`, { headers }));
  }
  await drop(await fetch(`${url}/v2/org/app/manifests/1`, { headers: { accept: OCI_MANIFEST } }));
}

const pwned = (page: Page) => page.evaluate(() => "pwned" in globalThis);

Deno.test("dashboard, nothing that clients or registries write becomes part of a page", async () => {
  await using upstream = await fakeRegistry({ images: { "org/app:1": image() } });
  await using dashboard = await startDashboard(YAML(upstream.url));
  await using eyes = await openEyes(dashboard);
  await poison(dashboard, upstream);
  const page = await eyes.enter("/activity");
  await page.getByText("onerror=window.pwned=1").first().waitFor();
  assert.equal(await pwned(page), false, "activity");
  const requests = await page.locator('a[href^="/activity/"]').evaluateAll((links) =>
    links.map((link) => link.getAttribute("href")!)
  );
  assert.ok(requests.length >= PAYLOADS.length);
  const visits = ["/", "/registries", "/registries/docker", "/cache", "/settings", "/connect"];
  for (const path of [...visits, ...requests.slice(0, 30)]) {
    await page.goto(dashboard.url + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await pwned(page), false, path);
    const foreign = await page.locator("svg[onload], img[onerror], a[href^='javascript:']").count();
    assert.equal(foreign, 0, path);
  }
  await page.goto(`${dashboard.url}/activity?search=${encodeURIComponent(PAYLOADS[1]!)}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await pwned(page), false, "a search");
  assert.deepEqual(eyes.errors, []);
});

Deno.test("dashboard, another site can neither frame it nor act in its name", async () => {
  await using upstream = await fakeRegistry();
  await using dashboard = await startDashboard(YAML(upstream.url));
  await using eyes = await openEyes(dashboard);
  const html = `<!doctype html><title>elsewhere</title>
    <iframe src="${dashboard.url}/settings"></iframe>
    <form method="post" action="${dashboard.url}/api/v1/logout"><button>Win</button></form>`;
  await using evil = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(html, { headers: { "content-type": "text/html" } }),
  );
  const page = await eyes.enter("/");
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
  await page.goto(`http://localhost:${evil.addr.port}/`);
  const frame = page.frames().find((one) => one !== page.mainFrame())!;
  await until("the frame has ended somewhere", () => /^[a-z-]+:\/\//.test(frame.url()));
  assert.match(frame.url(), /^chrome-error:/, "it is not framed");
  const fetched = await page.evaluate(
    (url) =>
      fetch(url, { credentials: "include" }).then((response) => response.status, () => "refused"),
    `${dashboard.url}/api/v1/status`,
  );
  assert.equal(fetched, "refused");
  const [answer] = await Promise.all([
    page.waitForResponse(/logout/),
    page.getByRole("button", { name: "Win" }).click(),
  ]);
  assert.equal(answer.status(), 403);
  await page.goto(`${dashboard.url}/settings`);
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
});
