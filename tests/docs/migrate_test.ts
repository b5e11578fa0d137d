/** docs/migrate.md is held to what it says: names, commands, and the files that come of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { KEYS as CRM_KEYS } from "../../proxy/config/dropin/crm.ts";
import { dropIn } from "../../proxy/config/dropin/dropin.ts";
import { LEGACY_FLAGS } from "../../proxy/config/dropin/table.ts";
import { migratedYaml } from "../../proxy/config/migrate.ts";
import { load, loaded, loadYaml, type Machine, machine } from "../proxy/config/fixture.ts";

const page = await Deno.readTextFile(join(import.meta.dirname!, "../../docs/migrate.md"));

/** What the commands of the page are given besides. */
const FILES: Record<string, string> = {
  "/srv/registrymap.json": '{"quay": "https://quay.io"}',
  "/key.json": "{}",
};

interface Section {
  title: string;
  /** Its blocks of code, by language. */
  sh: string[];
  yaml: string[];
}

function sections(): Section[] {
  return page.split(/^## /m).slice(1).map((text) => {
    const blocks = (language: string) =>
      [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm"))]
        .map(([, code]) => code!);
    const title = text.slice(0, text.indexOf("\n"));
    return { title, sh: blocks("sh"), yaml: blocks("yaml") };
  });
}

/** The words of a line as the shell would have them, without what it would fill in. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)]
    .map(([word]) => word.replaceAll(/["']/g, ""));
}

/** How `berth` is started by each line of a block that does so, by name or as an image. */
function* starts(block: string): Generator<Required<Pick<Machine, "args" | "env">>> {
  for (const line of block.replaceAll("\\\n", " ").split("\n")) {
    const all = words(line);
    const image = all.indexOf("berth:local");
    const isRun = all[0] === "docker" && all[1] === "run" && image > 0;
    const at = isRun ? image : all.indexOf("berth");
    if (at < 0 || (!isRun && !all.slice(0, at).every((word) => /^[A-Z_]+=/.test(word)))) continue;
    const before = all.slice(0, at);
    const pairs = isRun ? before.filter((_, i) => before[i - 1] === "--env") : before;
    yield {
      args: all.slice(at + 1),
      env: Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2))),
    };
  }
}

/** Every variable that some tool's settings are read from, whatever the others say. */
async function variables(): Promise<Set<string>> {
  const read = new Set<string>();
  const readWithout = async (missing: string | undefined) => {
    const env = new Proxy<Record<string, string>>({}, {
      get(_, name) {
        read.add(String(name));
        return name === missing ? undefined : "true";
      },
    });
    await dropIn({ env, flags: {}, registries: {}, stated: new Set(), system: machine({}) }, []);
  };
  await readWithout(undefined);
  for (const name of [...read]) await readWithout(name);
  return read;
}

Deno.test("docs/migrate.md, names every variable, flag and key of the tools", async () => {
  const names = [...await variables(), ...Object.keys(LEGACY_FLAGS), ...CRM_KEYS];
  assert.ok(names.includes("CREV_TOKEN_PATHNAME") && names.length > 40, names.join());
  const missing = names.filter((name) => !new RegExp(`\`${name}\\b`).test(page));
  assert.deepEqual(missing, []);
});

/** Warnings that the page tells of. */
const EXPLAINED = /^settings of |private images/;

Deno.test("docs/migrate.md, each start that it shows is understood", async (t) => {
  let count = 0;
  for (const { title, sh, yaml } of sections()) {
    const files = title === "crm" ? { ...FILES, "/srv/config.yaml": yaml[0]! } : FILES;
    for (const input of sh.flatMap((block) => [...starts(block)])) {
      await t.step(`${title} ${++count}`, async () => {
        const { warnings } = loaded(await load({ ...input, files: { ...files } }));
        assert.deepEqual(warnings.filter((line) => !EXPLAINED.test(line)), []);
      });
    }
  }
  assert.equal(count, 11);
});

/** The file that the page shows under `title`, and the start that comes to it. */
function migration({ title, sh, yaml }: Section): { shown: string; input: Machine } {
  const shown = yaml.at(-1)!;
  if (title !== "crm") return { shown, input: [...starts(sh[0]!)][0]! };
  return { shown, input: { args: ["-c", "crm.yaml"], files: { "/srv/crm.yaml": yaml[0]! } } };
}

Deno.test("docs/migrate.md, the files that it shows are what config migrate writes", async (t) => {
  for (const section of sections().filter(({ yaml }) => yaml.length > 0)) {
    await t.step(section.title, async () => {
      const { shown, input } = migration(section);
      const files = { ...FILES, ...input.files };
      const from = loaded(await load({ ...input, files }));
      assert.equal(`# Written by berth config migrate.\n${shown}`, migratedYaml(from));
      const to = loaded(await loadYaml(shown, { files: FILES }));
      assert.deepEqual(to.config, from.config);
    });
  }
});
