/**
 * docs/connect.md has what the dashboard's Connect page has: UPDATE_GOLDEN=1 writes it between the
 * marks, for a Berth at http://berth.example.com:8080.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Connect } from "../../ui/api/schema/connect.ts";
import { frontPage } from "../../proxy/pages/front.ts";
import { CONNECT as PLAIN, DOCKER } from "../fake/connect.ts";
import { loaded, loadYaml } from "../proxy/config/fixture.ts";
import { type Client, clientsFor, type Snippet, targetOf } from "../../ui/web/snippets.ts";

const FILE = join(import.meta.dirname!, "../../docs/connect.md");
const BEGIN = "<!-- clients: written by tests/docs/connect_test.ts -->";
const END = "<!-- /clients -->";
const URL = "http://berth.example.com:8080";

const CONNECT: Connect = {
  ...PLAIN,
  publicUrl: URL,
  forward: { port: 3128, intercept: ["docker"] },
};
const TARGET = targetOf(CONNECT, DOCKER, URL);
const OTHER = targetOf(
  CONNECT,
  {
    ...DOCKER,
    name: "quay",
    host: "quay.io",
    hostInNames: "quay.io",
    library: false,
    example: "prometheus/busybox:latest",
  },
  URL,
);

const LANGUAGES: Record<string, string> = { conf: "toml", yml: "yaml", txt: "" };

function block({ file, text }: Pick<Snippet, "file" | "text">): string {
  const ending = /\.(\w+)$/.exec(file)?.[1] ?? "";
  const language = file === "" ? "sh" : LANGUAGES[ending] ?? ending;
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function section(client: Client): string {
  const note = client.note(TARGET) || client.note(OTHER);
  return [
    `### ${client.name}`,
    ...note ? [note] : [],
    ...client.steps(TARGET).flatMap((step) => [
      step.file ? `${step.title}: \`${step.file}\`` : `${step.title}:`,
      block(step),
    ]),
    "Try it:",
    block({ file: "", text: client.test(TARGET) }),
    ...client.test(OTHER).includes("quay.io/") && !client.test(TARGET).includes("docker.io")
      ? ["Of another registry:", block({ file: "", text: client.test(OTHER) })]
      : [],
  ].join("\n\n");
}

function clients(): string {
  const groups = Map.groupBy(clientsFor(CONNECT), ({ group }) => group);
  const sections = [...groups].flatMap(([group, members]) => [
    `## ${group}`,
    ...members.map(section),
  ]);
  return `${BEGIN}\n<!-- deno-fmt-ignore-start -->\n\n${
    sections.join("\n\n")
  }\n\n<!-- deno-fmt-ignore-end -->\n`;
}

Deno.test("docs/connect.md, every client as the Connect page has it", async () => {
  const page = await Deno.readTextFile(FILE);
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  assert.ok(begin > 0 && end > begin, `expected ${BEGIN} and, behind it, ${END}`);
  const wanted = page.slice(0, begin) + clients() + page.slice(end);
  if (Deno.env.get("UPDATE_GOLDEN")) return await Deno.writeTextFile(FILE, wanted);
  assert.equal(page, wanted, "UPDATE_GOLDEN=1 writes the page anew");
});

Deno.test("the page at / of the registry port, the same texts as the Connect page", async () => {
  const { config } = loaded(await loadYaml("listen: ':8080'"));
  for (const url of [URL, "https://berth.example.com"]) {
    const target = targetOf(CONNECT, DOCKER, url);
    const page = (await (await frontPage(config, url)).text()).replaceAll("&quot;", '"');
    for (const id of ["docker", "containerd", "podman"]) {
      const client = clientsFor(CONNECT).find((one) => one.id === id)!;
      assert.ok(
        page.includes(`<pre>${client.steps(target)[0]!.text}</pre>`),
        `${id} ${url}\n${page}`,
      );
    }
  }
});
