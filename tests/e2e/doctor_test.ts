/** `berth doctor` within the permissions that the executable has. */
import assert from "node:assert/strict";
import { CLOSED_PORT } from "../fake/ports.ts";
import { COMMAND } from "./harness/berth.ts";
import { scratchDir } from "./harness/scratch.ts";

Deno.test("berth doctor, says what is well and what is not, and leaves nothing behind", async () => {
  await using scratch = await scratchDir("doctor");
  const dir = `${scratch.path}/data`;
  await Deno.mkdir(dir);
  await Deno.chmod(dir, 0o777); // Berth has a user of its own here.
  const settings = {
    listen: "127.0.0.1:0",
    admin: { listen: "" },
    cache: { dir },
    registries: { own: { url: `http://127.0.0.1:${CLOSED_PORT}` } },
  };
  await Deno.writeTextFile(`${scratch.path}/config.json`, JSON.stringify(settings));
  const [command, ...args] = COMMAND as [string, ...string[]];
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args, "doctor", "--json", "--config", `${scratch.path}/config.json`],
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert.equal(code, 1, said + new TextDecoder().decode(stderr));
  const findings: { check: string; result: string }[] = JSON.parse(said);
  const results = new Map(findings.map(({ check, result }) => [check, result]));
  assert.deepEqual(
    ["configuration", "cache.dir", "own"].map((check) => results.get(check)),
    ["ok", "ok", "problem"],
    said,
  );
  assert.deepEqual([...Deno.readDirSync(dir)], []);
});
