import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { buildDockerfile } from "./harness/image_build.ts";
import { finish, run, start } from "./harness/process.ts";

/** What an engine gives a container: a read-only root, a volume at /data, a network of its own. */
const ENTER = `set -e
mkdir -p "$0/proc" "$0/dev"
mount --bind "$0" "$0"
mount --bind /proc "$0/proc"
mount --bind /dev "$0/dev"
mount -t tmpfs -o uid=65532,mode=700 tmpfs "$0/data"
mount -o remount,bind,ro "$0"
ip link set lo up
cd "$0$1"
shift
exec "$@"`;

Deno.test({
  name: "image, the Dockerfile builds, runs read-only as nobody, and says that it is well",
  // Mounts and namespaces take root.
  ignore: Deno.uid() !== 0,
  async fn() {
    await using image = await buildDockerfile();
    const { User, Env, Entrypoint, WorkingDir, Healthcheck } = image.config;
    assert.equal(User, "65532:65532");
    const inside = (...command: string[]) => [
      ...["env", "-i", ...Env, "/usr/sbin/chroot", `--userspec=${User}`, image.root],
      ...command,
    ];
    let pid = 0;
    const within = (...command: string[]) =>
      finish("nsenter", ["--target", String(pid), "--net", "--mount", ...command]);
    const path = (name: string) => `/usr/local/bin/${name}`;
    await using process = await start(
      "unshare",
      [
        "--mount",
        "--net",
        "sh",
        "-c",
        ENTER,
        image.root,
        WorkingDir,
        ...inside(path(Entrypoint[0]!)),
      ],
      {
        started: (child) => pid = child,
        ready: async () =>
          (await within("curl", "-sf", "http://localhost:8081/healthz")).code === 0,
      },
    );

    const [kind, check = "", ...args] = Healthcheck.Test;
    assert.equal(kind, "CMD");
    assert.equal((await within(...inside(path(check), ...args) as [string])).code, 0);
    const version = await run("nsenter", [
      ...["--target", String(pid), "--mount"],
      ...inside(path("berth"), "version"),
    ]);
    assert.equal(version, `berth ${deno.version} (0123456789ab)\n`);
    const written = await within("touch", `${image.root}/etc/here`);
    assert.match(written.stderr, /Read-only file system/);
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    assert.match(status, /^Uid:\t65532\t65532/m);
    assert.equal(await process.stop(), 0);
  },
});
