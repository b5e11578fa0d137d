import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "..", "..");

/** Serves, logs much in one moment, and fails in a way that nobody has foreseen. */
const PROGRAM = `
  import { serve } from "./cli/serve.ts";
  import { logger } from "./proxy/observe/log.ts";
  await serve(["--listen", "127.0.0.1:0", "--admin-listen", "", "--cache-dir", ""], {
    env: {},
    cwd: Deno.cwd(),
    root: Deno.cwd(),
    complain(text) {
      console.error(text);
      if (text.startsWith("error:")) return;
      setTimeout(() => {
        for (let i = 0; i < 3000; i++) logger("cache").info("line " + i);
        FAIL
      });
    },
  });
`;

const FAILURES = {
  "an error": 'throw new Error("nobody caught this", { cause: "the cause" });',
  "a rejection": 'Promise.reject(new Error("nobody caught this", { cause: "the cause" }));',
};

for (const [name, failure] of Object.entries(FAILURES)) {
  Deno.test(`serve, ${name} that nobody catches comes after the last line of the log`, async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", PROGRAM.replace("FAIL", failure)],
      cwd: ROOT,
      stdout: "null",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(code, 1, said);
    const lines = [...said.matchAll(/ INFO {2}(line \d+)$/gm)].map(([, line]) => line);
    assert.deepEqual(lines, Array.from({ length: 3000 }, (_, i) => `line ${i}`));
    const rest = said.slice(said.indexOf("line 2999") + "line 2999".length);
    assert.match(rest, /^\nerror: Uncaught Error: nobody caught this\n {4}at [^]*the cause/);
  });
}

/** Berth with its log as JSON in a directory of its own, until it has started or ended. */
async function serveInJson(dir: string, listen = "127.0.0.1:0") {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", join(ROOT, "main.ts"), "--log-format=json", `--cache-dir=${dir}`],
      ...[`--listen=${listen}`, "--admin-listen=127.0.0.1:0"],
    ],
    cwd: dir,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const printed = new Response(child.stdout).text();
  let said = "";
  for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += piece;
    if (said.includes('"message":"started"')) child.kill("SIGTERM");
  }
  const { code } = await child.status;
  const lines = said.trimEnd().split("\n").map((line) => JSON.parse(line));
  return { code, said, lines, printed: await printed };
}

Deno.test("serve, a log in JSON is JSON from its first line to its last, and has no password", async () => {
  const dir = await Deno.makeTempDir();
  const { code, said, lines, printed } = await serveInJson(dir);
  assert.deepEqual([code, printed], [0, ""], said);
  const started = lines.find(({ message }) => message === "started");
  assert.match(started.registry, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(started.cache, dir);
  assert.equal(lines.at(-1).message, "stopped");
  const file = join(dir, "first-password");
  assert.ok(lines.some(({ level, message }) => level === "warn" && message.includes(file)), said);
  const password = (await Deno.readTextFile(file)).trim();
  assert.equal(password.length, 23);
  assert.ok(!said.includes(password));
  await Deno.remove(dir, { recursive: true });
});

Deno.test("serve, what prevents the start is a line of JSON, too", async () => {
  const dir = await Deno.makeTempDir();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, lines } = await serveInJson(dir, `127.0.0.1:${taken.addr.port}`);
  assert.equal(code, 1);
  assert.equal(lines.at(-1).level, "error");
  assert.match(lines.at(-1).message, /is taken by another program/);
  await Deno.remove(dir, { recursive: true });
});
