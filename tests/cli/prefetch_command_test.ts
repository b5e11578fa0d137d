import assert from "node:assert/strict";
import { join } from "node:path";
import { prefetchCommand } from "../../cli/prefetch_command.ts";

async function run(dir: string, args: string[], input = "") {
  const out: string[] = [];
  const err: string[] = [];
  const code = await prefetchCommand([...args, "--config", join(dir, "config.yaml")], {
    env: {},
    cwd: dir,
    now: Date.now,
    print: (line) => void out.push(line),
    complain: (line) => void err.push(line),
    input: { readable: new Blob([input]).stream() },
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const PODS = JSON.stringify({
  items: [{
    spec: {
      containers: [
        { image: "nginx:1.27" },
        { image: "quay.io/org/app@sha256:" + "a".repeat(64) },
        { image: "registry.example.com/team/x:1" },
      ],
    },
  }],
});

Deno.test("berth prefetch add, what a cluster runs becomes a rule, and its comments stay", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "config.yaml");
  await Deno.writeTextFile(file, "# ours\nprefetch:\n  rules:\n    - images: [alpine:3.22]\n");
  const dry = await run(dir, ["-", "--dry-run"], PODS);
  assert.equal(dry.code, 0, dry.err);
  assert.match(
    dry.out,
    /^docker\/library\/nginx:1\.27\nquay\/org\/app@sha256:a+\n2 images would be/,
  );
  assert.equal(dry.err, "left out: registry.example.com/team/x:1: its registry is not configured");
  assert.doesNotMatch(await Deno.readTextFile(file), /nginx/);

  const made = await run(dir, ["-", "--name", "shop", "--every", "1h"], PODS);
  assert.equal(made.code, 0, made.err);
  const text = await Deno.readTextFile(file);
  assert.match(text, /^# ours\n/);
  assert.match(text, /alpine:3\.22[\s\S]*name: shop[\s\S]*docker\/library\/nginx:1\.27/);
  assert.match(text, /every: 1h/);

  const again = await run(dir, ["-", "--name", "shop"], "redis:7\n");
  assert.equal(again.code, 0, again.err);
  const after = await Deno.readTextFile(file);
  assert.match(after, /docker\/library\/redis:7/);
  assert.doesNotMatch(after, /nginx/);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("berth prefetch add, what cannot be done is said, and nothing is written", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "config.yaml");
  await Deno.writeTextFile(file, "# nothing yet\n");
  const rows: [string[], string, number, RegExp][] = [
    [[], "", 2, /expected one file, or - for standard input/],
    [["-"], "", 1, /no image found/],
    [["-"], "registry.example.com/x:1", 1, /no image of a registry that is configured/],
    [[join(dir, "gone.yaml")], "", 1, /cannot read .*gone\.yaml/],
    [["-", "--every", "now"], "redis", 1, /every/],
  ];
  for (const [args, input, code, message] of rows) {
    const result = await run(dir, args, input);
    assert.equal(result.code, code, result.err);
    assert.match(result.err, message);
    assert.equal(await Deno.readTextFile(file), "# nothing yet\n");
  }
  await Deno.remove(dir, { recursive: true });
});
