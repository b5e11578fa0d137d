/** A machine where somebody types what the Connect page says, as it stands there. */
import { dirname, join } from "node:path";
import type { Snippet } from "../../../ui/web/snippets.ts";
import { start, type StartOptions } from "./process.ts";
import { systemRoot } from "./system_root.ts";

export interface ClientMachine extends AsyncDisposable {
  /** Runs shell commands there, `env` in their environment; fails with their words. */
  sh(command: string, env?: Record<string, string>): Promise<string>;
  /** Writes the file that a snippet is for, or runs its commands. */
  follow(snippet: Snippet): Promise<void>;
  /** Starts a daemon there, until the machine is disposed of. */
  daemon(
    command: string,
    args: string[],
    options: Pick<StartOptions, "env"> & { ready: string },
  ): Promise<void>;
}

/** Who runs `sudo` is root already; Docker reads its configuration again when told to reload. */
const COMMANDS = {
  sudo: 'exec env "$@"',
  systemctl: '[ "$*" != "reload docker" ] || kill -HUP "$(cat /var/run/docker.pid)"',
};

/** Where those commands are come first, whatever the tests' own environment says. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What Podman needs on a file system that is a layer already, and without systemd. */
const PODMAN = {
  "storage.conf": '[storage]\ndriver = "vfs"\nrunroot = "/tmp/run"\ngraphroot = "/tmp/store"\n',
  "containers.conf": '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n',
};

/** A machine that knows this one as `name`. */
export async function clientMachine(name: string): Promise<ClientMachine> {
  await using stack = new AsyncDisposableStack();
  const root = stack.use(await systemRoot());
  const write = async (path: string, text: string, options?: Deno.WriteFileOptions) => {
    const file = join(root.path, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text, options);
  };
  await write("etc/hosts", `127.0.0.1 ${name}\n`, { append: true });
  for (const [command, text] of Object.entries(COMMANDS)) {
    await write(`usr/local/sbin/${command}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  for (const [file, text] of Object.entries(PODMAN)) await write(`etc/containers/${file}`, text);
  await Deno.mkdir(join(root.path, "sys/fs/cgroup"), { recursive: true }); // Podman looks there.
  const sh = (command: string, env: Record<string, string> = {}) => {
    const set = Object.entries({ PATH, ...env }).map(([key, value]) => `export ${key}='${value}'; `)
      .join("");
    return root.sh(`cd /root; ${set}${command}`);
  };
  // Programs that are still there when the root goes would keep it from going.
  const daemons = stack.use(new AsyncDisposableStack());
  const owned = stack.move();
  return {
    sh,
    async follow({ file, text }) {
      if (file === "") await sh(text);
      else await write(join(file.startsWith("/") ? "" : "root", file), `${text}\n`);
    },
    async daemon(command, args, { env, ready }) {
      // Docker wants cgroups. Nobody else sees this mount, and it goes with the process.
      const mount = `mount --rbind /sys/fs/cgroup ${root.path}/sys/fs/cgroup`;
      const inside = `${mount} && exec chroot "$@"`;
      const shell = ["sh", "-c", inside, "sh", root.path, command, ...args];
      daemons.use(
        await start("unshare", ["--mount", "--propagation", "private", ...shell], {
          env: { ...WITHOUT_PROXY, ...env },
          ready: () => sh(ready).then(() => true, () => false),
          deadline: 60_000,
        }),
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const WITHOUT_PROXY = { HTTP_PROXY: "", HTTPS_PROXY: "", http_proxy: "", https_proxy: "" };
