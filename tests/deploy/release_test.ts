import assert from "node:assert/strict";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { list } from "tar";
import { archive } from "../../deploy/archive.ts";
import { notices, type Package } from "../../deploy/packages.ts";
import { sbom } from "../../deploy/sbom.ts";

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
