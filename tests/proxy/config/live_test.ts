import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type LiveConfig,
  type LiveOptions,
  type ReloadResult,
  watchConfig,
} from "../../../proxy/config/live.ts";
import type { LoadInput } from "../../../proxy/config/load_input.ts";
import { ConfigError, formatProblem } from "../../../proxy/config/problem.ts";
import { FakeClock } from "../../fake/clock.ts";
import { machine } from "./fixture.ts";

/** No polling: these tests are about the system's events. */
const EVENTS: LiveOptions = { settle: 25, poll: 1e8 };

async function inDirectory(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "berth-live-" });
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function live(
  input: LoadInput,
  run: (live: LiveConfig) => Promise<void>,
  options = EVENTS,
): Promise<void> {
  const config = await watchConfig(input, options);
  try {
    await run(config);
  } finally {
    await config.close();
  }
}

/** The result of the reload that `cause` brings about. */
async function after(live: LiveConfig, cause: () => unknown): Promise<ReloadResult> {
  const { promise, resolve } = Promise.withResolvers<ReloadResult>();
  const stop = live.subscribe(resolve);
  await cause();
  const result = await promise;
  stop();
  return result;
}

/** A place that no real watcher can watch. */
const CWD = "/nowhere/berth";
const FILE = `${CWD}/config.yaml`;

const suffix = (name: string) => `domain_suffix: ${name}.example\n`;

Deno.test("watchConfig, a file written in place is taken over", () =>
  inDirectory(async (dir) => {
    const file = join(dir, "config.yaml");
    await Deno.writeTextFile(file, suffix("one"));
    await live({ cwd: dir }, async (live) => {
      const result = await after(live, () => Deno.writeTextFile(file, suffix("two")));
      assert.equal(live.current.domain_suffix, "two.example");
      assert.equal(result.reason, "file changed");
      assert.deepEqual(result.changes, [
        { key: "domain_suffix", before: "one.example", after: "two.example" },
      ]);
      assert.equal(live.lastReload, result);
    });
  }));

Deno.test("watchConfig, a file replaced by rename is taken over, again and again", () =>
  inDirectory(async (dir) => {
    const file = join(dir, "config.yaml");
    await Deno.writeTextFile(file, suffix("zero"));
    await live({ cwd: dir }, async (live) => {
      for (const name of ["one", "two", "three"]) {
        await after(live, async () => {
          await Deno.writeTextFile(`${file}~`, suffix(name));
          await Deno.rename(`${file}~`, file);
        });
        assert.equal(live.current.domain_suffix, `${name}.example`);
      }
    });
  }));

Deno.test("watchConfig, Kubernetes' swap of ..data is seen, again and again", () =>
  inDirectory(async (dir) => {
    const publish = async (name: string) => {
      await Deno.mkdir(join(dir, `..${name}`));
      await Deno.writeTextFile(join(dir, `..${name}`, "config.yaml"), suffix(name));
      await Deno.symlink(`..${name}`, join(dir, "..data_tmp"));
      await Deno.rename(join(dir, "..data_tmp"), join(dir, "..data"));
    };
    await publish("one");
    await Deno.symlink("..data/config.yaml", join(dir, "config.yaml"));
    await live({ args: ["--config", join(dir, "config.yaml")], cwd: "/" }, async (live) => {
      for (const [old, name] of [["one", "two"], ["two", "three"]] as const) {
        await after(live, async () => {
          await publish(name);
          await Deno.remove(join(dir, `..${old}`), { recursive: true });
        });
        assert.equal(live.current.domain_suffix, `${name}.example`);
      }
    });
  }));

Deno.test("watchConfig, a file behind a symbolic link is followed where it is", () =>
  inDirectory(async (dir) => {
    await Deno.mkdir(join(dir, "real"));
    await Deno.mkdir(join(dir, "cwd"));
    await Deno.writeTextFile(join(dir, "real/berth.yaml"), suffix("one"));
    await Deno.symlink("../real/berth.yaml", join(dir, "cwd/config.yaml"));
    await live({ cwd: join(dir, "cwd") }, async (live) => {
      await after(live, () => Deno.writeTextFile(join(dir, "real/berth.yaml"), suffix("two")));
      assert.equal(live.current.domain_suffix, "two.example");
    });
  }));

Deno.test("watchConfig, a file that appears is taken over", () =>
  inDirectory((dir) =>
    live({ cwd: dir }, async (live) => {
      assert.equal(live.loaded.file, undefined);
      await after(live, () => Deno.writeTextFile(join(dir, "config.yml"), suffix("new")));
      assert.equal(live.current.domain_suffix, "new.example");
    })
  ));

Deno.test("watchConfig, a secret's file is followed, and the secret is not told", () =>
  inDirectory(async (dir) => {
    const text =
      "registries: { o: { url: 'https://o', auth: { username: u, password_file: pw } } }";
    await Deno.writeTextFile(join(dir, "config.yaml"), text);
    await Deno.writeTextFile(join(dir, "pw"), "first-secret");
    await live({ cwd: dir }, async (live) => {
      const result = await after(live, () => Deno.writeTextFile(join(dir, "pw"), "second-secret"));
      assert.equal(live.current.registries.o!.auth.password, "second-secret");
      assert.deepEqual(result.changes.map(({ key }) => key), ["registries.o.auth.password"]);
      assert.doesNotMatch(JSON.stringify(result), /-secret/);
    });
  }));

Deno.test("watchConfig, a bad file changes nothing and says why; mended, it counts", () =>
  inDirectory(async (dir) => {
    const file = join(dir, "config.yaml");
    await Deno.writeTextFile(file, suffix("one"));
    await live({ cwd: dir }, async (live) => {
      const before = live.current;
      const result = await after(live, () => Deno.writeTextFile(file, "domain_sufix: x\n"));
      assert.equal(result.ok, false);
      assert.deepEqual(result.problems.map(formatProblem), [
        "config.yaml:1:1: domain_sufix: unknown key; did you mean domain_suffix?",
      ]);
      assert.equal(live.current, before);

      await after(live, () => Deno.writeTextFile(file, suffix("two")));
      assert.equal(live.current.domain_suffix, "two.example");

      const emptied = await after(live, () => Deno.writeTextFile(file, ""));
      assert.match(emptied.problems.map(formatProblem).join(), /the file is empty/);
      assert.equal(live.current.domain_suffix, "two.example");
    });
  }));

Deno.test("watchConfig, a missing secret is waited for", () =>
  inDirectory(async (dir) => {
    const file = join(dir, "config.yaml");
    await Deno.writeTextFile(file, suffix("one"));
    await Deno.mkdir(join(dir, "secrets"));
    const text = "registries: { o: { url: 'https://o', auth: { header_file: secrets/h } } }";
    await live({ cwd: dir }, async (live) => {
      const refused = await after(live, () => Deno.writeTextFile(file, text));
      assert.match(refused.problems.map(formatProblem).join(), /cannot read .*secrets\/h/);
      await after(live, () => Deno.writeTextFile(join(dir, "secrets/h"), "Bearer x"));
      assert.equal(live.current.registries.o!.auth.header, "Bearer x");
    });
  }));

Deno.test("LiveConfig.reload, what cannot be applied is refused", async () => {
  const files = { [FILE]: suffix("one") };
  const apply = () => Promise.reject(new Error("listen: port 80 is taken"));
  const input = { cwd: CWD, system: machine({ files }) };
  await live(input, async (live) => {
    files[FILE] = suffix("two");
    const result = await live.reload("SIGHUP");
    assert.equal(result.ok, false);
    assert.equal(result.problems[0]?.message, "listen: port 80 is taken");
    assert.equal(live.current.domain_suffix, "one.example");
  }, { ...EVENTS, apply });
});

Deno.test("LiveConfig.reload, one at a time and in order", async () => {
  const files = { [FILE]: suffix("one") };
  const steps: string[] = [];
  const apply = async (next: { config: { domain_suffix: string } }) => {
    steps.push(`begin ${next.config.domain_suffix}`);
    await new Promise((resolve) => setImmediate(resolve));
    steps.push(`end ${next.config.domain_suffix}`);
  };
  await live({ cwd: CWD, system: machine({ files }) }, async (live) => {
    await Promise.all([live.reload("SIGHUP"), live.reload("SIGHUP")]);
    assert.deepEqual(steps.map((step) => step.split(" ")[0]), ["begin", "end", "begin", "end"]);
  }, { ...EVENTS, apply });
});

Deno.test("watchConfig, without events the files are polled, and read only when at rest", async () => {
  const clock = new FakeClock();
  const files = { [FILE]: suffix("one") };
  const options = { clock, settle: 100, poll: 10_000 };
  await live({ cwd: CWD, system: machine({ files }) }, async (live) => {
    await clock.advance(100);
    files[FILE] = "domain_suffix: half";
    await clock.advance(10_000);
    files[FILE] = suffix("whole");
    await clock.advance(100);
    assert.equal(live.lastReload, undefined, "still moving");
    const result = await after(live, () => clock.advance(100));
    assert.equal(live.current.domain_suffix, "whole.example");
    assert.equal(result.at, clock.now());
  }, options);
  assert.equal(clock.pending, 0);
});

Deno.test("watchConfig, throws what is wrong with the first configuration", async () => {
  const system = machine({ files: { [FILE]: "x: 1" } });
  await assert.rejects(watchConfig({ cwd: CWD, system }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^config\.yaml:1:1: x: unknown key/);
    return true;
  });
});
