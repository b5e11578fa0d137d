/** install.sh, against a server of the test's own. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { archive } from "../../deploy/archive.ts";
import { TARGETS } from "../../deploy/targets.ts";

const SCRIPT = new URL("../../install.sh", import.meta.url).pathname;
const ignore = Deno.build.os === "windows";

interface Release extends AsyncDisposable {
  readonly dir: string;
  /** What the server has, by name; changed at will. */
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  install(options?: { system?: string; machine?: string; version?: string }): Promise<Outcome>;
  /** What the installed program says; `undefined` where there is none. */
  program(): Promise<string | undefined>;
}

interface Outcome {
  code: number;
  said: string;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (words: string) => new TextEncoder().encode(words);

/** A release of version 9.9.9 for Linux and macOS, whose programs say for what they are. */
async function release(): Promise<Release> {
  const scratch = await Deno.makeTempDir();
  const at = (name: string) => join(scratch, name);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const sums: string[] = [];
  for (const { name } of TARGETS.filter(({ name }) => !name.startsWith("windows"))) {
    const dir = at(`berth-9.9.9-${name}`);
    await Deno.mkdir(dir);
    await Deno.writeTextFile(join(dir, "berth"), `#!/bin/sh\necho "berth 9.9.9 ${name}"\n`);
    await archive(dir, `${dir}.tar.gz`, new Date(0));
    const content = await Deno.readFile(`${dir}.tar.gz`);
    files.set(`berth-9.9.9-${name}.tar.gz`, content);
    const hash = createHash("sha256").update(content).digest("hex");
    sums.push(`${hash}  berth-9.9.9-${name}.tar.gz\n`);
  }
  files.set("SHA256SUMS", bytes(sums.join("")));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const found = files.get(new URL(request.url).pathname.slice(1));
    return new Response(found, { status: found ? 200 : 404 });
  });
  const dir = at("bin/of mine");
  await Deno.mkdir(at("commands"));
  return {
    dir,
    files,
    async install({ system = "Linux", machine = "x86_64", version = "" } = {}) {
      const uname = `#!/bin/sh\ncase "$1" in -s) echo ${system} ;; -m) echo ${machine} ;; esac\n`;
      await Deno.writeTextFile(at("commands/uname"), uname, { mode: 0o755 });
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: [SCRIPT],
        env: {
          PATH: `${at("commands")}:${Deno.env.get("PATH")}`,
          BERTH_URL: `http://127.0.0.1:${server.addr.port}`,
          BERTH_DIR: dir,
          BERTH_VERSION: version,
          TMPDIR: scratch,
          no_proxy: "127.0.0.1",
        },
        stdin: "null",
      }).output();
      const left = [...Deno.readDirSync(scratch)].filter(({ name }) => name.startsWith("tmp."));
      assert.deepEqual(left, [], "nothing is left behind");
      return { code, said: text(stdout) + text(stderr) };
    },
    program: () =>
      new Deno.Command(join(dir, "berth")).output().then(
        ({ stdout }) => text(stdout).trim(),
        () => undefined,
      ),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(scratch, { recursive: true });
    },
  };
}

Deno.test({
  name: "install.sh, the right checksum: the program for this machine",
  ignore,
  async fn() {
    await using one = await release();
    const { code, said } = await one.install();
    assert.equal(
      said,
      `installed: berth 9.9.9 linux-x64, ${one.dir}/berth\n${one.dir} is not in PATH\n`,
    );
    assert.equal(code, 0);
    const others = [["Linux", "aarch64", "linux-arm64"], ["Darwin", "arm64", "macos-arm64"]];
    for (const [system, machine, name] of others as [string, string, string][]) {
      assert.equal((await one.install({ system, machine, version: "v9.9.9" })).code, 0);
      assert.equal(await one.program(), `berth 9.9.9 ${name}`);
    }
    assert.deepEqual([...Deno.readDirSync(one.dir)].map(({ name }) => name), ["berth"]);
  },
});

Deno.test({
  name: "install.sh, anything else: nothing is installed, what is there stays, and it says why",
  ignore,
  async fn() {
    await using one = await release();
    await Deno.mkdir(dirname(join(one.dir, "berth")), { recursive: true });
    await Deno.writeTextFile(join(one.dir, "berth"), "#!/bin/sh\necho old\n", { mode: 0o755 });
    const refused = async (words: RegExp, options = {}) => {
      const { code, said } = await one.install(options);
      assert.match(said, words);
      assert.equal(code, 1);
      assert.equal(await one.program(), "old");
    };
    await refused(/no release for riscv64, only for x86_64 and arm64/, { machine: "riscv64" });
    await refused(/no release for FreeBSD/, { system: "FreeBSD" });
    await refused(/no checksum of version 1\.0\.0 for linux-x64/, { version: "1.0.0" });

    const name = "berth-9.9.9-linux-x64.tar.gz";
    const [good, sums] = [one.files.get(name)!, text(one.files.get("SHA256SUMS")!)];
    one.files.set(name, one.files.get("berth-9.9.9-linux-arm64.tar.gz")!);
    await refused(/has the checksum [0-9a-f]{64}, SHA256SUMS says [0-9a-f]{64}: nothing is/);
    one.files.delete(name);
    await refused(/linux-x64\.tar\.gz could not be downloaded/);
    one.files.set(name, good);
    one.files.set("SHA256SUMS", bytes(sums.replace(/^.*linux-x64.*\n/m, "")));
    await refused(/SHA256SUMS has no checksum of linux-x64/);
    one.files.set("SHA256SUMS", bytes(sums.replace(/^[0-9a-f]{64}/, "")));
    await refused(/SHA256SUMS has no checksum of linux-x64/);
    one.files.delete("SHA256SUMS");
    await refused(/SHA256SUMS could not be downloaded/);
  },
});
