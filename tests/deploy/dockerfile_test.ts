import assert from "node:assert/strict";
import { text } from "./files.ts";

interface Instruction {
  name: string;
  rest: string;
}

/** The instructions of the Dockerfile, comments dropped and continued lines joined. */
function instructions(): Instruction[] {
  const plain = text("Dockerfile").replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "");
  return plain.split("\n").filter(Boolean).map((line) => {
    const [, name = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    assert.ok(name, line);
    return { name, rest };
  });
}

const all = instructions();
const last = all.slice(all.findLastIndex(({ name }) => name === "FROM"));
const of = (name: string) => last.filter((one) => one.name === name).map(({ rest }) => rest);

Deno.test("Dockerfile, the final stage runs nothing and has no shell", () => {
  assert.deepEqual(of("RUN"), []);
  assert.match(of("FROM")[0]!, /distroless\/cc-/);
  for (const rest of [...of("ENTRYPOINT"), ...of("HEALTHCHECK")]) {
    assert.ok(Array.isArray(JSON.parse(/\[.*/.exec(rest)![0])), rest);
  }
});

Deno.test("Dockerfile, runs as a number that is not root, on a volume that is its own", () => {
  assert.deepEqual(of("USER"), ["65532:65532"]);
  assert.deepEqual(of("VOLUME"), ["/data"]);
  assert.ok(of("COPY").some((rest) => /--chown=65532:65532 .* \/data$/.test(rest)));
  assert.deepEqual(of("EXPOSE"), ["8080 8081 3128"]);
});

Deno.test("Dockerfile, copies from stages that exist and adds nothing from elsewhere", () => {
  const stages = all.filter(({ name }) => name === "FROM")
    .map(({ rest }) => / AS (\w+)$/.exec(rest)?.[1]);
  for (const { name, rest } of all) {
    assert.notEqual(name, "ADD");
    const from = /--from=(\S+)/.exec(rest)?.[1];
    if (from) assert.ok(stages.includes(from), from);
  }
});

Deno.test(".dockerignore, lets in what the build needs and nothing else", () => {
  const lines = text(".dockerignore").split("\n").filter((line) => line && !line.startsWith("#"));
  assert.equal(lines[0], "*");
  for (
    const needed of [
      "base",
      "cache",
      "cli",
      "config.yaml",
      "deno.json",
      "deno.lock",
      "main.ts",
      "proxy",
      "ui",
    ]
  ) {
    assert.ok(lines.includes(`!${needed}`), needed);
  }
});
