/** Configuration in the documentation is taken by Berth as it stands there. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { configSchema } from "../../proxy/config/schema.ts";
import { loadYaml, problems } from "../proxy/config/fixture.ts";

const DOCS = join(import.meta.dirname!, "../../docs");
const KEYS = Object.keys(configSchema.shape);
/** About what a page does not show: files, variables, hashes, users and registries of elsewhere. */
const ELSEWHERE =
  /there is no such file$|in the environment$|expected a hash as|one of the names in users$|\.company\.url: missing|"company\//;

/** The blocks of YAML in `text` that are configuration, which begin with keys of it. */
function* configurations(text: string): Generator<{ line: number; yaml: string }> {
  for (const match of text.matchAll(/^```yaml\n([^]*?)^```/gm)) {
    const yaml = match[1]!;
    let value: unknown;
    try {
      value = parse(yaml);
    } catch {
      continue;
    }
    if (value === null || typeof value !== "object") continue;
    if (!Object.keys(value).every((key) => KEYS.includes(key))) continue;
    yield { line: text.slice(0, match.index).split("\n").length, yaml };
  }
}

Deno.test("docs, configuration that a page shows is valid", async () => {
  const wrong: string[] = [];
  let count = 0;
  for await (const { name } of Deno.readDir(DOCS)) {
    if (!name.endsWith(".md")) continue;
    for (const { line, yaml } of configurations(await Deno.readTextFile(join(DOCS, name)))) {
      count++;
      const found = problems(await loadYaml(yaml)).filter((problem) => !ELSEWHERE.test(problem));
      if (found.length > 0) wrong.push(`docs/${name}:${line}: ${found.join("; ")}`);
    }
  }
  assert.ok(count > 20, `${count} blocks were found`);
  assert.deepEqual(wrong, []);
});
