/** The npm packages inside the executable, as deno.lock has them. */
import { join } from "node:path";
import { z } from "zod";
import { ROOT, run } from "./process.ts";

export interface Package {
  /** As deno.lock names it, with its peers: `@hono/zod-validator@0.9.1_hono@4.13.19_zod@4.6.7`. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Ids. */
  readonly dependencies: readonly string[];
  /** SHA-512 in base64, without the algorithm's name. */
  readonly sha512: string;
  /** SPDX, as the package states it; empty where it does not. */
  readonly license: string;
  /** The text of its license; empty where it brings none. */
  readonly licenseText: string;
}

/** `deno info --json`: the part that is used. */
const info = z.object({
  modules: z.array(z.object({ npmPackage: z.string().optional() })),
  npmPackages: z.record(
    z.string(),
    z.object({
      name: z.string(),
      version: z.string(),
      dependencies: z.array(z.string()),
      localPath: z.string(),
    }),
  ),
});

const lock = z.object({ npm: z.record(z.string(), z.object({ integrity: z.string() })) });
const manifest = z.object({ license: z.string().catch("") });

/** What the program and the dashboard import, directly or not, in the order of their names. */
export async function shippedPackages(): Promise<Package[]> {
  const { npm } = lock.parse(JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock"))));
  const found = new Map<string, Package>();
  for (const entry of ["main.ts", join("ui", "app.tsx")]) {
    const { modules, npmPackages } = info.parse(
      JSON.parse(await run(Deno.execPath(), ["info", "--json", entry])),
    );
    const visit = async (id: string): Promise<void> => {
      if (found.has(id)) return;
      const { name, version, dependencies, localPath } = npmPackages[id]!;
      const sha512 = npm[id]!.integrity.replace(/^sha512-/, "");
      const license = await licenseOf(localPath);
      found.set(id, { id, name, version, dependencies, sha512, ...license });
      for (const dependency of dependencies) await visit(dependency);
    };
    for (const { npmPackage } of modules) if (npmPackage) await visit(npmPackage);
  }
  return [...found.values()].toSorted((a, b) => a.id < b.id ? -1 : 1);
}

async function licenseOf(dir: string): Promise<Pick<Package, "license" | "licenseText">> {
  const { license } = manifest.parse(
    JSON.parse(await Deno.readTextFile(join(dir, "package.json"))),
  );
  const files = [...Deno.readDirSync(dir)].map(({ name }) => name);
  const file = files.find((name) => /^licen[cs]e(\.(md|txt))?$/i.test(name));
  return { license, licenseText: file ? await Deno.readTextFile(join(dir, file)) : "" };
}

/** The licenses of `packages`, to be shipped beside the program. */
export function notices(packages: readonly Package[]): string {
  return packages.map(({ name, version, license, licenseText }) => {
    const heading = `${name} ${version}${license && ` (${license})`}`;
    return `${heading}\n${"=".repeat(heading.length)}\n\n${licenseText.trim()}\n`;
  }).join("\n\n");
}
