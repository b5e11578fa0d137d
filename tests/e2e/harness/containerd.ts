/** A containerd of the test's own, with hosts.toml files as docs/hosts.md of containerd has them. */
import { join } from "node:path";
import { sha256 } from "./image.ts";
import { finish, run, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";

/** A `certs.d/<namespace>/hosts.toml` with one host. */
interface HostsEntry {
  /** The registry that image names spell, such as `quay.io`. */
  namespace: string;
  /** URL of the host to ask instead. */
  host: string;
  /** Whether `host` ends in the `/v2` to be used as it is. */
  overridePath?: boolean;
  /** The authority to trust for `host`. */
  caFile?: string;
}

interface Containerd extends AsyncDisposable {
  ctr(...args: string[]): Promise<string>;
  /** Pulls and unpacks an image for linux/amd64, by the hosts.toml files; `flags` for `ctr`. */
  pull(name: string, flags?: string[]): Promise<void>;
  /** Fetches the content of every platform, attestations included; these cannot be unpacked. */
  fetchAll(name: string): Promise<void>;
  /** The digests of the content store, computed from the bytes that it hands out. */
  content(): Promise<Set<string>>;
}

/**
 * Starts containerd with an empty store; images are unpacked by the native snapshotter. `env` goes
 * into the environment of `ctr`, which pulls by itself.
 */
export async function startContainerd(
  hosts: HostsEntry[],
  env: Record<string, string> = {},
): Promise<Containerd> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("containerd")).path;
  const at = (name: string) => join(dir, name);
  await Deno.mkdir(at("certs.d"));
  for (const entry of hosts) await writeHosts(at("certs.d"), entry);
  await Deno.writeTextFile(at("config.toml"), configToml(dir));
  const ctrArgs = ["--address", at("containerd.sock")];
  stack.use(
    await start("containerd", ["--config", at("config.toml")], {
      ready: async () => (await finish("ctr", [...ctrArgs, "version"])).code === 0,
    }),
  );
  const hostsDir = ["--hosts-dir", at("certs.d")];
  const ctr = (...args: string[]) => run("ctr", [...ctrArgs, ...args], { env });
  const owned = stack.move();
  return {
    ctr,
    async pull(name, flags = []) {
      const unpack = ["--snapshotter", "native", "--platform", "linux/amd64"];
      await ctr("images", "pull", ...hostsDir, ...unpack, ...flags, name);
    },
    async fetchAll(name) {
      await ctr("content", "fetch", ...hostsDir, "--all-platforms", name);
    },
    async content() {
      const listed = (await ctr("content", "ls", "--quiet")).split("\n").filter((one) => one);
      const digests = new Set<string>();
      for (const digest of listed) {
        const { stdout } = await finish("ctr", [...ctrArgs, "content", "get", digest]);
        digests.add(sha256(stdout));
      }
      return digests;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function writeHosts(
  certs: string,
  { namespace, host, overridePath, caFile }: HostsEntry,
): Promise<void> {
  await Deno.mkdir(join(certs, namespace), { recursive: true });
  const toml = [
    `server = "${host}"`, // Without it containerd would fall back to the real registry.
    `[host."${host}"]`,
    '  capabilities = ["pull", "resolve"]',
    ...(overridePath ? ["  override_path = true"] : []),
    ...(caFile ? [`  ca = "${caFile}"`] : []),
    "",
  ].join("\n");
  await Deno.writeTextFile(join(certs, namespace, "hosts.toml"), toml);
}

function configToml(dir: string): string {
  return `version = 2
root = "${dir}/root"
state = "${dir}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${dir}/containerd.sock"
[ttrpc]
  address = "${dir}/containerd.sock.ttrpc"
[debug]
  address = ""
  level = "info"
`;
}
