/** docs/api.md: every block of the shell is run against a Berth that answers. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type AdminFixture, adminFixture } from "../fake/admin.ts";
import { putImage } from "../fake/images.ts";
import { record } from "../fake/records.ts";

const page = await Deno.readTextFile(join(import.meta.dirname!, "../../docs/api.md"));
const TOKEN = "a-token-of-the-docs";
const CONFIG = `admin:
  tokens: { docs: "sha256:${createHash("sha256").update(TOKEN).digest("hex")}" }
forward: { listen: "127.0.0.1:3128" }
webhooks: [{ name: ops, url: "https://hooks.example.com/berth" }]
`;

interface Block {
  line: number;
  language: string;
  code: string;
}

const blocks: Block[] = [...page.matchAll(/^```(.+)\n([^]*?)^```/gm)].map((match) => ({
  line: page.slice(0, match.index).split("\n").length,
  language: match[1]!,
  code: match[2]!,
}));

/** A Berth with an image, two requests, and a registry that is down. */
async function berth(): Promise<AdminFixture> {
  const admin = await adminFixture(CONFIG);
  await putImage(admin.cache, "docker/library/alpine:3.22", ["base", "one"]);
  admin.stats.sink(record({ time: admin.clock.now, bytes: 100 }));
  admin.stats.sink(record({ time: admin.clock.now, id: "a1", status: 502, cache: "none" }));
  admin.standings.set("docker", {
    state: "failing",
    message: "the connection was refused",
    since: admin.clock.now,
  } as never);
  admin.webhooks.configure(admin.config.webhooks);
  return admin;
}

/** What `code` prints, run by bash as the page says; -f has an error of the API fail it. */
async function run(code: string, url: string): Promise<string> {
  const expectsError = code.includes("limt=");
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", expectsError ? code : code.replaceAll("curl -s", "curl -sSf")],
    env: { BERTH: `${url}/api/v1`, TOKEN, NO_PROXY: "*" },
  }).output();
  const text = new TextDecoder();
  assert.ok(success, `${code}\n${text.decode(stderr)}${text.decode(stdout)}`);
  return text.decode(stdout);
}

/** Runs `code`, which goes on for ever, until it has printed an event. */
async function readEvent(code: string, url: string): Promise<void> {
  await using child = new Deno.Command("bash", {
    args: ["-c", `exec ${code}`],
    env: { BERTH: `${url}/api/v1`, TOKEN, NO_PROXY: "*" },
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("event: live")) break;
  }
  assert.match(text, /^event: live$/m);
}

/** Whether `answer` has all that `shown` has; figures may be others. */
function assertShown(shown: unknown, answer: unknown, where: string): void {
  if (typeof shown === "number") assert.equal(typeof answer, "number", where);
  else if (shown === null || typeof shown !== "object") assert.equal(answer, shown, where);
  else {
    assert.ok(answer !== null && typeof answer === "object", where);
    for (const [key, value] of Object.entries(shown)) {
      assertShown(value, (answer as Record<string, unknown>)[key], `${where}.${key}`);
    }
  }
}

Deno.test("docs/api.md, every line does what the page says", async () => {
  await using admin = await berth();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    return admin.app.fetch(request, { peer: "127.0.0.1" });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  let printed = "";
  for (const { line, language, code } of blocks) {
    if (language === "sh") printed = await run(code, url);
    if (language === "sh stream") await readEvent(code, url);
    if (language !== "json") continue;
    const last = printed.trim().split(/(?<=\})(?=\{)|\n(?=\{)/).at(-1)!;
    assertShown(JSON.parse(code), JSON.parse(last), `docs/api.md:${line}`);
  }
  await server.shutdown();
});

Deno.test("docs/api.md, has every part of the API", async () => {
  await using admin = await adminFixture();
  const document = await (await admin.ask("/api/v1/openapi.json")).json();
  const parts = new Set(Object.keys(document.paths).map((path) => path.split("/")[1]!));
  for (const part of parts) {
    if (["login", "logout", "oidc"].includes(part)) continue; // For the pages.
    assert.ok(
      page.includes(`$BERTH/${part}`) || await isElsewhere(`/api/v1/${part}`),
      `no page of docs/ shows a use of /${part}: add a line of curl to docs/api.md`,
    );
  }
});

/** Whether another page of the documentation has `text`. */
async function isElsewhere(text: string): Promise<boolean> {
  const docs = join(import.meta.dirname!, "../../docs");
  for await (const { name } of Deno.readDir(docs)) {
    if (name.endsWith(".md") && (await Deno.readTextFile(join(docs, name))).includes(text)) {
      return true;
    }
  }
  return false;
}
