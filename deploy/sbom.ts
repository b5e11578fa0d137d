/** What the executable is made of, as CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/ */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Package } from "./packages.ts";

interface SbomOptions {
  readonly version: string;
  /** Of the commit, so that the same commit gives the same document. */
  readonly time: Date;
  /** Of the runtime inside. */
  readonly deno: string;
  readonly packages: readonly Package[];
}

/** The bill of materials as a JSON object; deterministic. */
export function sbom({ version, time, deno, packages }: SbomOptions) {
  const ref = "berth";
  const denoRef = `pkg:github/denoland/deno@v${deno}`;
  const byId = new Map(packages.map((one) => [one.id, purl(one)]));
  const below = new Set(packages.flatMap(({ dependencies }) => dependencies));
  const direct = packages.filter(({ id }) => !below.has(id)).map(purl);
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: time.toISOString(),
      component: {
        type: "application",
        "bom-ref": ref,
        name: "berth",
        version,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": denoRef,
        name: "deno",
        version: deno,
        purl: denoRef,
        licenses: [{ license: { id: "MIT" } }],
      },
      ...packages.map(component),
    ],
    dependencies: [
      { ref, dependsOn: [denoRef, ...direct].toSorted() },
      { ref: denoRef, dependsOn: [] },
      ...packages.map((one) => ({
        ref: purl(one),
        dependsOn: one.dependencies.map((id) => byId.get(id)!).toSorted(),
      })),
    ],
  };
  return { ...document, serialNumber: serialNumber(JSON.stringify(document)) };
}

function component(one: Package) {
  const [scope, name] = one.name.startsWith("@") ? one.name.split("/") : [undefined, one.name];
  return {
    type: "library",
    "bom-ref": purl(one),
    ...scope ? { group: scope } : {},
    name,
    version: one.version,
    purl: purl(one),
    hashes: [{ alg: "SHA-512", content: Buffer.from(one.sha512, "base64").toString("hex") }],
    ...one.license ? { licenses: [{ expression: one.license }] } : {},
  };
}

/** https://github.com/package-url/purl-spec: the scope's `@` is percent-encoded. */
function purl({ name, version }: Package): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

/** A UUID (version 8) of the content: RFC 9562, section 5.8. */
function serialNumber(content: string): string {
  const hex = createHash("sha256").update(content).digest("hex");
  const variant = (parseInt(hex[16]!, 16) & 3 | 8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}
