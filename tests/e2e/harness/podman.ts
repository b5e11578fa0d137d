/** Podman and Buildah on a store of their own, with registries.conf(5) of the test's. */
import { join } from "node:path";
import type { PlatformImage } from "./image.ts";
import { fileDigests } from "./image.ts";
import { run } from "./process.ts";
import { scratchDir } from "./scratch.ts";

/** A `[[registry]]` of registries.conf whose first mirror is `mirror`. */
export interface Mirror {
  prefix: string;
  mirror: string;
}

interface PodmanStore extends AsyncDisposable {
  podman(...args: string[]): Promise<string>;
  buildah(...args: string[]): Promise<string>;
  /** Fails unless the store holds `name` as the given platform's image, every byte of it. */
  holds(name: string, image: PlatformImage): Promise<void>;
}

/**
 * Makes an empty store on the vfs driver, which needs no kernel module and no mount. `more` goes into
 * the environment of every command.
 */
export async function podmanStore(
  mirrors: Mirror[] = [],
  more: Record<string, string> = {},
): Promise<PodmanStore> {
  const scratch = await scratchDir("podman");
  const at = (name: string) => join(scratch.path, name);
  await Deno.writeTextFile(at("registries.conf"), registriesConf(mirrors));
  await Deno.writeTextFile(at("policy.json"), '{"default":[{"type":"insecureAcceptAnything"}]}');
  await Deno.writeTextFile(at("auth.json"), "{}");
  const store = ["--storage-driver", "vfs", "--root", at("root"), "--runroot", at("run")];
  const env = {
    CONTAINERS_REGISTRIES_CONF: at("registries.conf"),
    REGISTRY_AUTH_FILE: at("auth.json"),
    ...more,
  };
  const podman = (...args: string[]) =>
    run("podman", [...store, "--tmpdir", at("tmp"), "--cgroup-manager", "cgroupfs", ...args], {
      env,
    });
  return {
    podman,
    buildah: (...args) =>
      run("buildah", [...store, "--signature-policy", at("policy.json"), ...args], { env }),
    async holds(name, image) {
      const saved = at("saved");
      await podman(
        "save",
        "--quiet",
        "--format",
        "docker-dir",
        "--uncompressed",
        "-o",
        saved,
        name,
      );
      const found = await fileDigests(saved);
      for (const digest of [image.config, ...image.diffIds]) {
        if (!found.has(digest)) throw new Error(`podman's ${name} lacks ${digest}`);
      }
      await Deno.remove(saved, { recursive: true });
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

function registriesConf(mirrors: Mirror[]): string {
  return mirrors.map(({ prefix, mirror }) =>
    [
      "[[registry]]",
      `prefix = "${prefix}"`,
      `location = "${prefix}"`,
      "[[registry.mirror]]",
      `location = "${mirror}"`,
      "insecure = true",
      "",
    ].join("\n")
  ).join("\n");
}
