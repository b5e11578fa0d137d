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
