/**
 * The executable as a user gets it: started without arguments from an empty directory, by an account
 * without rights and with an empty environment, on its default ports in a network of its own.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import deno from "../../deno.json" with { type: "json" };
import { NOBODY } from "./harness/account.ts";
import { EXECUTABLE, unprivileged } from "./harness/berth.ts";
import { finish, run, type Running, start } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";

interface Shipped extends AsyncDisposable {
  /** The empty directory that it was started from. */
  readonly dir: string;
  readonly process: Running;
  /** Runs a program in its network and its working directory. */
  within(command: string, ...args: string[]): Promise<string>;
}

async function startShipped(executable: string): Promise<Shipped> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDir("shipped"));
  await Deno.chown(scratch.path, NOBODY.uid, NOBODY.gid);
  // The shell is what "$0" stands for; exec keeps the process id, by which its network is entered.
  const script = 'ip link set lo up && exec "$@"';
  let pid = 0;
  const nsenter = (...args: string[]) => finish("nsenter", [`--net=/proc/${pid}/ns/net`, ...args]);
  const process = stack.use(
    await start("unshare", ["--net", "sh", "-c", script, "sh", ...unprivileged(executable)], {
      cwd: scratch.path,
      started: (child) => pid = child,
      ready: async () =>
        (await nsenter("curl", "-sf", "http://localhost:8081/healthz")).code === 0 &&
        (await nsenter("curl", "-sf", "http://localhost:8080/readyz")).code === 0,
    }),
  );
  const owned = stack.move();
  return {
    dir: scratch.path,
    process,
    within: (...command) =>
      run("nsenter", [`--net=/proc/${pid}/ns/net`, ...command], { cwd: scratch.path }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

Deno.test({
  name: "shipped, runs on its defaults from an empty directory, with the dashboard inside",
  // A network of one's own takes root; from source there is nothing shipped.
  ignore: EXECUTABLE === undefined || Deno.uid() !== 0,
  async fn(t) {
    await using shipped = await startShipped(EXECUTABLE!);
    const { dir, process, within } = shipped;

    await t.step("says where it is, and the first password", async () => {
      const [started, ...lines] = (await process.output()).split("\n").filter(Boolean);
      assert.match(started!, /^\S+Z INFO {2}started$/);
      assert.equal(lines.length, 4, lines.join("\n"));
      assert.equal(lines[0], `Berth ${deno.version}: registry http://localhost:8080`);
      assert.match(
        lines[1]!,
        /:8081(, this machine only)? \(user admin, password [a-z0-9-]{23}\)$/,
      );
      assert.equal(lines[2], "  cache ./data, up to 32 GiB");
      assert.equal(lines[3], "  configuration built in; write a config.yaml to change it");
    });

    await t.step("makes its data directory, for itself alone", async () => {
      const { uid, mode } = await Deno.stat(join(dir, "data"));
      assert.equal(uid, NOBODY.uid);
      assert.equal(mode! & 0o007, 0);
      assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["data"]);
    });

    await t.step("serves the dashboard from inside", async () => {
      const page = await within("curl", "-sf", "http://localhost:8081/");
      const scripts = [...page.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)];
      assert.ok(scripts.length > 1, page);
      for (const [, path] of scripts) await within("curl", "-sf", `http://localhost:8081${path}`);
    });

    await t.step("serves the registry API and a page for people", async () => {
      await within("curl", "-sf", "http://localhost:8080/v2/");
      assert.match(await within("curl", "-sf", "http://localhost:8080/"), /<html/i);
    });

    await t.step("berth healthcheck says that it is healthy", async () => {
      const said = await within(...unprivileged(EXECUTABLE!) as [string], "healthcheck");
      assert.match(said, /is healthy/);
    });

    await t.step("berth cache stat talks to it, and knows the disk", async () => {
      const [setpriv = "", ...rest] = unprivileged(EXECUTABLE!);
      const said = await run(setpriv, [...rest, "cache", "stat"], { cwd: dir });
      assert.match(said, /^disk +[1-9][0-9.]* [KMGT]iB free of [1-9]/m);
    });

    assert.equal(await process.stop(), 0);
  },
});

Deno.test({
  name: "shipped, names its version and the commit",
  ignore: EXECUTABLE === undefined,
  async fn() {
    const [command = "", ...args] = unprivileged(EXECUTABLE!);
    const said = await run(command, [...args, "version"]);
    assert.match(said, new RegExp(`^berth ${deno.version} \\([0-9a-f]{12}(-dirty)?\\)\n$`));
  },
});

Deno.test({
  name: "shipped, may not do what it never does",
  ignore: EXECUTABLE === undefined || Deno.uid() !== 0,
  async fn() {
    await using shipped = await startShipped(EXECUTABLE!);
    const status = await Deno.readTextFile(`/proc/${shipped.process.pid}/status`);
    assert.match(status, /^Uid:\t65534\t65534\t65534/m);
    assert.match(status, /^CapEff:\t0+$/m);
  },
});
