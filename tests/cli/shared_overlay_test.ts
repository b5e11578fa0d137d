import assert from "node:assert/strict";
import { join } from "node:path";
import { shareOverlay } from "../../cli/shared_overlay.ts";
import { type LiveConfig, watchConfig } from "../../proxy/config/live.ts";
import { describeProvenance } from "../../proxy/config/provenance.ts";
import { removeRegistry, setRegistry } from "../../proxy/config/registry_edits.ts";
import { dropOverlay, fileState, writeEdits } from "../../proxy/config/write.ts";
import { WriteError } from "../../proxy/config/write_place.ts";
import { FakeClock } from "../fake/clock.ts";
import { fakeDocuments } from "../fake/documents.ts";
import { until } from "../e2e/harness/wait.ts";

const FILE = `cache: { dir: ./kept }
admin: { listen: "" }
cluster: { url: "redis://valkey", secret: a secret of sixteen }
registries:
  lab: { url: https://lab.example.com }
`;
const NEW = { url: "https://new.example.com", auth: { username: "robot", password: "hunter2" } };

interface Member {
  live: LiveConfig;
  dir: string;
  overlay: string;
  log: string[];
  /** Writes the configuration file and loads it. */
  file(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Berths of one cluster, each with a directory of its own. */
function cluster() {
  const clock = new FakeClock();
  const documents = fakeDocuments();
  const listeners = new Map<string, () => void>();
  const members = new Map<string, LiveConfig>();
  const dirs: string[] = [];
  const away = new Set<string>();
  const start = async (
    id: string,
    { dir = "", file = FILE, overlay = "" } = {},
  ): Promise<Member> => {
    if (!dir) {
      dir = await Deno.makeTempDir({ prefix: "berth-shared-" });
      dirs.push(dir);
      await Deno.writeTextFile(join(dir, "config.yaml"), file);
      await Deno.mkdir(join(dir, "kept"));
      if (overlay) await Deno.writeTextFile(join(dir, "kept", "overlay.yaml"), overlay);
    }
    const live = await watchConfig({ cwd: dir }, { settle: 1e8, poll: 1e8 });
    const log: string[] = [];
    const note = (line: string) => void log.push(line);
    const shared = await shareOverlay(live, {
      peers: {
        documents,
        tellOthers() {
          for (const [other, look] of listeners) if (other !== id) look();
        },
        onTold: (_, listener) => listeners.set(id, () => listener("", null)),
        told: (other) =>
          Promise.resolve(JSON.parse(JSON.stringify(members.get(other)!.shared!.told()))),
        status: () => ({
          peers: [...members.keys()].filter((other) => other !== id)
            .map((other) => ({ id: other, problem: away.has(other) ? "cannot be reached" : "" })),
        }),
      },
      keys: [new Uint8Array(32)],
      clock,
      log: { info: note, warn: note },
    });
    members.set(id, live);
    return {
      live,
      dir,
      overlay: join(dir, "kept", "overlay.yaml"),
      log,
      async file(text) {
        await Deno.writeTextFile(join(dir, "config.yaml"), text);
        assert.ok((await live.reload("file changed")).ok);
      },
      async stop() {
        members.delete(id);
        listeners.delete(id);
        await shared[Symbol.asyncDispose]();
        await live.close();
      },
    };
  };
  const close = async (...all: Member[]) => {
    for (const member of all) await member.stop();
    for (const dir of dirs) await Deno.remove(dir, { recursive: true });
  };
  return { clock, documents, away, start, close };
}

/** Adds the registry `new` at `live`, as its dashboard does. */
async function add(live: LiveConfig, name = "new", settings = NEW): Promise<void> {
  const { revision } = await fileState(live);
  await writeEdits(live, setRegistry(live.loaded, name, settings), revision);
  assert.ok((await live.reload("dashboard", "ann")).ok);
}

const refused = (kind: string, words: RegExp) => (error: unknown) =>
  error instanceof WriteError && error.kind === kind && words.test(error.message);

Deno.test("shareOverlay, a change at one is in force at all, at a newcomer and after a restart", async () => {
  const { start, close, documents } = cluster();
  const [one, two] = [await start("one"), await start("two")];
  const { writable, overlay, file } = await fileState(one.live);
  assert.deepEqual([writable, overlay, file], [true, true, one.overlay]);
  await add(one.live);
  await until("it is in force at the other", () => two.live.current.registries.new !== undefined);
  const origin = two.live.sources.get("registries.new.url")!;
  assert.match(describeProvenance(origin), /^overlay \/.*\/kept\/overlay\.yaml/);
  await until("the reload is over", () => two.live.lastReload?.reason === "cluster");
  assert.equal(two.live.current.registries.new!.auth.password, "hunter2");
  assert.equal(await Deno.readTextFile(two.overlay), await Deno.readTextFile(one.overlay));
  assert.equal((await Deno.stat(two.overlay)).mode! & 0o777, 0o600);
  assert.equal(await Deno.readTextFile(join(one.dir, "config.yaml")), FILE);
  const three = await start("three");
  assert.equal(three.live.current.registries.new!.url, NEW.url);

  // With nobody to ask, what is on the disk counts.
  await two.stop();
  documents.state = "away";
  const again = await start("two", { dir: two.dir });
  assert.equal(again.live.current.registries.new!.url, NEW.url);
  // And what was changed while one was away is there once it is back.
  documents.state = "well";
  await again.stop();
  await writeEdits(one.live, removeRegistry(one.live.loaded, "new"));
  await one.live.reload("dashboard");
  const back = await start("two", { dir: two.dir });
  assert.equal(back.live.current.registries.new, undefined);
  await close(one, three, back);
});

Deno.test("shareOverlay, without its coordinator a change is refused in words, and nothing is written", async () => {
  const { start, close, documents, clock } = cluster();
  const one = await start("one");
  await add(one.live);
  const before = await Deno.readTextFile(one.overlay);
  documents.state = "away";
  const words = /coordinator \(cluster\.url\) does not answer: the others would not learn/;
  // Before it was noticed, and after that.
  for (const ms of [0, 10_000]) {
    await clock.advance(ms);
    await until("it has looked", () => ms === 0 || one.live.shared!.problem !== "");
    const edits = removeRegistry(one.live.loaded, "lab");
    await assert.rejects(writeEdits(one.live, edits), refused("unwritable", words));
    await assert.rejects(dropOverlay(one.live), refused("unwritable", words));
  }
  const { writable, readOnlyReason } = await fileState(one.live);
  assert.equal(writable, false);
  assert.match(readOnlyReason, words);
  assert.equal(await Deno.readTextFile(one.overlay), before);
  await close(one);
});

Deno.test("shareOverlay, of two changes at one moment, or from an old page, one is refused", async () => {
  const { start, close, documents } = cluster();
  const [one, two] = [await start("one"), await start("two")];
  const { revision } = await fileState(two.live);
  const written = await Promise.allSettled(
    [one, two].map(({ live }, n) =>
      writeEdits(live, setRegistry(live.loaded, `n${n}`, { url: NEW.url }))
    ),
  );
  assert.deepEqual(written.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const late = written.find((it) => it.status === "rejected")!;
  assert.ok(refused("conflict", /has changed since/)((late as PromiseRejectedResult).reason));
  for (const { live } of [one, two]) {
    await live.reload("dashboard");
    await until(
      "both have the one",
      () => "n0" in live.current.registries !== "n1" in live.current.registries,
    );
  }
  assert.equal(documents.kept.get("overlay")!.version, 1);
  await assert.rejects(
    writeEdits(two.live, removeRegistry(two.live.loaded, "lab"), revision),
    refused("conflict", /has changed since/),
  );
  await close(one, two);
});

Deno.test("shareOverlay, a file that differs is named with its keys, until it does not", async () => {
  const { start, close, clock, away } = cluster();
  const other = FILE.replace("https://lab", "https://laboratory");
  const [one, two] = [await start("one"), await start("two", { file: other })];
  await clock.advance(10_000);
  await until(
    "both say so",
    () => one.live.shared!.differing.length + two.live.shared!.differing.length === 2,
  );
  assert.deepEqual(one.live.shared!.differing, [{ id: "two", keys: ["registries.lab"] }]);
  assert.match(one.log.join(), /the configuration file of two is not the same .*: registries\.lab/);
  // Above both lies the same change.
  await add(one.live, "lab", { ...NEW, url: "https://l.example.com" });
  await until(
    "it is in force",
    () => two.live.current.registries.lab!.url === "https://l.example.com",
  );
  away.add("two");
  await two.file(FILE);
  await clock.advance(10_000);
  assert.equal(one.live.shared!.differing.length, 1, "nobody knows");
  away.clear();
  await clock.advance(10_000);
  await until("it is over", () => one.live.shared!.differing.length === 0);
  assert.match(one.log.join(), /no longer differs/);
  assert.equal(one.log.length, 2);
  await close(one, two);
});

Deno.test("shareOverlay, what the file says by now goes once all files say it, and not before", async () => {
  const { start, close, clock } = cluster();
  const [one, two] = [await start("one"), await start("two")];
  await add(one.live, "new", { url: NEW.url } as typeof NEW);
  await add(one.live, "more", { url: NEW.url } as typeof NEW);
  await until("all have it", () => two.live.current.registries.more !== undefined);
  const more = `${FILE}  new: { url: ${NEW.url} }\n`;
  await one.file(more);
  await clock.advance(10_000);
  assert.match(await Deno.readTextFile(one.overlay), /new:/);
  assert.equal(one.live.loaded.overlay!.settings.length, 1, "here it is none");
  // A change at the one whose file says it keeps it for the other.
  await writeEdits(one.live, removeRegistry(one.live.loaded, "lab"));
  await one.live.reload("dashboard");
  await until("it is gone at both", () => two.live.current.registries.lab === undefined);
  assert.ok(two.live.current.registries.new);
  await two.file(more);
  for (const member of [one, two]) {
    await until("the entry is gone", async () => {
      await clock.advance(10_000);
      return !/new:/.test(await Deno.readTextFile(member.overlay));
    });
    assert.ok(member.live.current.registries.new && member.live.current.registries.more);
    assert.equal(member.live.current.registries.lab, undefined);
  }
  await close(one, two);
});

Deno.test("shareOverlay, one's own overlay becomes the cluster's where that has none, and is kept aside otherwise", async () => {
  const { start, close } = cluster();
  const own = (name: string) => `registries:\n  ${name}: { url: ${NEW.url} }\n`;
  const one = await start("one", { overlay: own("first") });
  const two = await start("two", { overlay: own("second") });
  for (const { live } of [one, two]) {
    assert.ok(live.current.registries.first);
    assert.equal(live.current.registries.second, undefined);
  }
  assert.equal(await Deno.readTextFile(join(two.dir, "kept", "overlay.own.yaml")), own("second"));
  assert.match(two.log.join(), /gives way to its cluster's/);
  await dropOverlay(two.live);
  await until("it is dropped at both", () => one.live.current.registries.first === undefined);
  await close(one, two);
});
