/** skopeo: pushes the tests' image to where it is pulled from, and pulls as a client. */
import { join } from "node:path";
import { fileDigests, type Image } from "./image.ts";
import { run } from "./process.ts";
import type { RealRegistry } from "./registry.ts";

const COPY = ["--insecure-policy", "copy", "--all", "--preserve-digests"];

/** Copies an image with all its platforms into a registry under `repository`, past Berth. */
export async function seed(
  registry: RealRegistry,
  repository: string,
  image: Image,
): Promise<void> {
  await run("skopeo", [
    ...COPY,
    ...["--dest-tls-verify=false", ...signIn("--dest-creds", registry)],
    `oci:${image.path}:${image.tag}`,
    `docker://${registry.host}/${repository}:${image.tag}`,
  ]);
}

/** Copies every platform out of a registry into a new layout `dir`, past Berth. */
export async function harvest(
  registry: RealRegistry,
  repository: string,
  tag: string,
  dir: string,
): Promise<void> {
  await run("skopeo", [
    ...COPY,
    ...["--src-tls-verify=false", ...signIn("--src-creds", registry)],
    `docker://${registry.host}/${repository}:${tag}`,
    `oci:${dir}:${tag}`,
  ]);
}

function signIn(flag: string, { credentials }: RealRegistry): string[] {
  return credentials ? [flag, `${credentials.username}:${credentials.password}`] : [];
}

/** Pulls every platform of `name` into a new layout `dir`; `flags` go before the names. */
export async function skopeoPull(name: string, dir: string, flags: string[] = []): Promise<void> {
  const tls = flags.includes("--src-cert-dir") ? [] : ["--src-tls-verify=false"];
  await run("skopeo", [...COPY, ...tls, ...flags, `docker://${name}`, `oci:${dir}:pulled`]);
}

/** The same with certificates checked, by what `env` says of proxies and trust. */
export async function skopeoPullAs(
  env: Record<string, string>,
  name: string,
  dir: string,
): Promise<void> {
  await run("skopeo", [...COPY, `docker://${name}`, `oci:${dir}:pulled`], { env });
}

/** Pushes every platform of an image's layout to `name`, without credentials. */
export async function skopeoPush(image: Image, name: string): Promise<void> {
  const source = `oci:${image.path}:${image.tag}`;
  await run("skopeo", [...COPY, "--dest-tls-verify=false", source, `docker://${name}`]);
}

/** The digests of a layout's content, computed from the bytes that lie there. */
export function layoutDigests(dir: string): Promise<Set<string>> {
  return fileDigests(join(dir, "blobs"));
}
