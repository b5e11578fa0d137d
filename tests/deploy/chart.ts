/** The chart as helm renders it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseAllDocuments } from "yaml";

export const CHART = "deploy/helm/berth";

const PATH = (Deno.env.get("PATH") ?? "").split(":");

/** Where a tool is. */
export function tool(name: string): string | undefined {
  return PATH.map((dir) => join(dir, name)).find((file) => existsSync(file));
}

/** Whether tests with the tools are to be skipped; in CI what is missing fails them instead. */
export const missing = !Deno.env.has("CI") &&
  !["helm", "kubeconform", "kubernetes-schemas"].every(tool);

/** Runs a tool in the chart; what it prints. */
export async function run(command: string, args: string[], input = ""): Promise<string> {
  const cwd = new URL(`../../${CHART}`, import.meta.url);
  const child = new Deno.Command(command, {
    args,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const [out, bad] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${bad}${out}`);
  return out!;
}

/** The text of the manifests with `given` values, for a version of Kubernetes. */
export function render(given: unknown, version = "1.31.0", chart = "."): Promise<string> {
  const args = ["template", "berth", chart, "--kube-version", version, "--values", "-"];
  return run("helm", args, JSON.stringify(given));
}

export interface Manifest {
  kind: string;
  metadata: { name: string };
  // deno-lint-ignore no-explicit-any
  spec: any;
  data: Record<string, string>;
}

/** The manifests by kind and name, `ConfigMap/berth`, and by kind alone: of several, the last. */
export async function manifests(given: unknown): Promise<Map<string, Manifest>> {
  const documents = parseAllDocuments(await render(given)) as Document[];
  const all = documents.map((document) => document.toJS() as Manifest);
  return new Map(all.flatMap((manifest) => [
    [manifest.kind, manifest],
    [`${manifest.kind}/${manifest.metadata.name}`, manifest],
  ]));
}
