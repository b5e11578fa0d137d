import assert from "node:assert/strict";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { list } from "tar";
import { archive } from "../../deploy/archive.ts";
import { notices, type Package } from "../../deploy/packages.ts";
import { sbom } from "../../deploy/sbom.ts";
import { TARGETS } from "../../deploy/targets.ts";
import { values } from "./files.ts";

const time = new Date("2026-01-02T03:04:06Z");
const packages: Package[] = [
  {
    id: "@scope/a@1.0.0_b@2.0.0",
    name: "@scope/a",
    version: "1.0.0",
    dependencies: ["b@2.0.0"],
    sha512: "AAEC",
    license: "MIT",
    licenseText: "Do as you like.\n",
  },
  {
    id: "b@2.0.0",
    name: "b",
    version: "2.0.0",
    dependencies: [],
    sha512: "AwQF",
    license: "",
    licenseText: "",
  },
];
const make = () => sbom({ version: "1.2.3", time, deno: "2.9.4", packages });

Deno.test("sbom, names packages with their hashes and what needs what", () => {
  const bom = make();
  assert.equal(bom.specVersion, "1.6");
  assert.match(
    bom.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
  );
  const denoPurl = "pkg:github/denoland/deno@v2.9.4";
  const purls = [denoPurl, "pkg:npm/%40scope/a@1.0.0", "pkg:npm/b@2.0.0"];
  assert.deepEqual(bom.components.map(({ purl }) => purl), purls);
  assert.deepEqual(bom.components[1], {
    type: "library",
    "bom-ref": "pkg:npm/%40scope/a@1.0.0",
    group: "@scope",
    name: "a",
    version: "1.0.0",
    purl: "pkg:npm/%40scope/a@1.0.0",
    hashes: [{ alg: "SHA-512", content: "000102" }],
    licenses: [{ expression: "MIT" }],
  });
  assert.deepEqual(
    bom.dependencies.map(({ dependsOn }) => dependsOn),
    [[denoPurl, "pkg:npm/%40scope/a@1.0.0"], [], ["pkg:npm/b@2.0.0"], []],
  );
});

Deno.test("sbom, the same input gives the same document", () => {
  assert.deepEqual(make(), make());
});

Deno.test("notices, hold each package's license", () => {
  assert.equal(
    notices(packages),
    "@scope/a 1.0.0 (MIT)\n====================\n\nDo as you like.\n\n\nb 2.0.0\n=======\n\n\n",
  );
});

for (const ending of ["tar.gz", "zip"]) {
  Deno.test(`archive, ${ending}, holds the directory under its own name`, async () => {
    const scratch = await Deno.makeTempDir();
    try {
      const dir = join(scratch, "berth-1.2.3");
      await Deno.mkdir(join(dir, "completions"), { recursive: true });
      await Deno.writeTextFile(join(dir, "berth"), "program");
      await Deno.writeTextFile(join(dir, "completions", "berth.bash"), "completions");
      const file = join(scratch, `berth.${ending}`);
      await archive(dir, file, time);
      const expected = ["berth-1.2.3/berth", "berth-1.2.3/completions/berth.bash"];
      assert.deepEqual((await namesIn(file)).toSorted(), expected);
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  });
}

async function namesIn(file: string): Promise<string[]> {
  if (file.endsWith(".zip")) return Object.keys(unzipSync(await Deno.readFile(file)));
  const names: string[] = [];
  await list({ file, onReadEntry: ({ path, type }) => void (type === "File" && names.push(path)) });
  return names;
}

Deno.test("release workflow, signs what it publishes, and attests what is in the image", () => {
  interface Job {
    needs?: string;
    permissions: Record<string, string>;
    steps: { run?: string; with?: Record<string, string> }[];
  }
  const { jobs } = values(".github/workflows/release.yml") as { jobs: Record<string, Job> };
  const { executables, image } = jobs as { executables: Job; image: Job };
  const commands = (job: Job) => job.steps.map(({ run }) => run ?? "").join("\n");
  const made = commands(executables);
  const order = ["deno task release --all", "cosign sign-blob", "gh release create"];
  assert.deepEqual(order, order.toSorted((a, b) => made.indexOf(a) - made.indexOf(b)));
  for (const words of [...order, "--notes-file dist/release-notes.md"]) {
    assert.ok(made.includes(words), words);
  }
  assert.equal(image.needs, "executables");
  for (const words of ["cosign sign --yes", "cosign attest --yes --type cyclonedx", "helm push"]) {
    assert.ok(commands(image).includes(words), words);
  }
  const platforms = image.steps.map((step) => step.with?.platforms).find(Boolean)!;
  const arches = TARGETS.flatMap(({ dockerArch }) => dockerArch ?? []);
  assert.deepEqual(platforms.split(",").toSorted(), arches.map((it) => `linux/${it}`).toSorted());
  for (const { permissions } of [executables, image]) {
    assert.equal(permissions["id-token"], "write");
  }
});
