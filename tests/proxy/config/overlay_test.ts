import assert from "node:assert/strict";
import { join } from "node:path";
import { type LiveConfig, watchConfig } from "../../../proxy/config/live.ts";
import { loadConfig } from "../../../proxy/config/load.ts";
import type { LoadInput } from "../../../proxy/config/load_input.ts";
import { describeProvenance } from "../../../proxy/config/provenance.ts";
import { removeRegistry, setRegistry } from "../../../proxy/config/registry_edits.ts";
import { realSystem } from "../../../proxy/config/system.ts";
import { dropOverlay, fileState, previewEdits, writeEdits } from "../../../proxy/config/write.ts";
import { WriteError } from "../../../proxy/config/write_place.ts";
import { loaded } from "./fixture.ts";

const FILE = `# Ours.
cache: { dir: ./kept }
registries:
  company:
    url: https://registry.example.com # the old one
    aliases: [registry.example.com]
    auth:
      username: robot
      password: hunter2
  lab:
    url: https://lab.example.com
`;

interface Place {
  input: LoadInput;
  file: string;
  overlay: string;
  open(): Promise<LiveConfig>;
}

/** A directory with a configuration file, which can be written or cannot. */
async function inPlace(
  writable: boolean,
  run: (place: Place) => Promise<void>,
  text = FILE,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "berth-overlay-" });
  const file = join(cwd, "config.yaml");
  await Deno.writeTextFile(file, text);
  const system = {
    ...realSystem,
    whyUnwritable: (path: string) =>
      path === file && !writable
        ? Promise.resolve("its file system is read-only")
        : realSystem.whyUnwritable(path),
  };
  const input = { cwd, system };
  const open = () => watchConfig(input, { settle: 1e8, poll: 1e8 });
  try {
    await run({ input, file, overlay: join(cwd, "kept", "overlay.yaml"), open });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const text = (file: string) => Deno.readTextFile(file).catch(() => "");

/** What an overlay says, without its opening comment. */
const said = async (file: string) => (await text(file)).replace(/^#.*\n/gm, "");

type Change = (live: LiveConfig) => ReturnType<typeof removeRegistry>;

const set = (name: string, settings: Parameters<typeof setRegistry>[2]): Change => ({ loaded }) =>
  setRegistry(loaded, name, settings);
const remove = (name: string): Change => ({ loaded }) => removeRegistry(loaded, name);

const COMPANY = {
  url: "https://registry.example.com",
  aliases: ["registry.example.com"],
  auth: { username: "robot" },
};

/** A change, what the registries are then, and what the overlay says where the file cannot be written. */
const TABLE: [
  what: string,
  changes: Change[],
  expect: (live: LiveConfig) => void,
  overlay: string,
][] = [
  [
    "add",
    [set("new", { url: "https://new.example.com" })],
    ({ current }) => assert.equal(current.registries.new!.url, "https://new.example.com"),
    "registries:\n  new:\n    url: https://new.example.com\n",
  ],
  [
    "edit, and keep the password",
    [set("company", { ...COMPANY, url: "https://r.example.com" })],
    ({ current }) => {
      assert.equal(current.registries.company!.url, "https://r.example.com");
      assert.equal(current.registries.company!.auth.password, "hunter2");
    },
    "registries:\n  company:\n    url: https://r.example.com\n",
  ],
  [
    "take a value back to its default",
    [set("company", { ...COMPANY, aliases: [] })],
    ({ current }) => assert.deepEqual(current.registries.company!.aliases, []),
    "registries:\n  company:\n    aliases: null\n",
  ],
  [
    "delete one of the file",
    [remove("company")],
    ({ current }) => {
      assert.equal(current.registries.company, undefined);
      assert.ok(current.registries.lab);
    },
    "registries:\n  company: null\n",
  ],
  [
    "delete one of the file and add another of its name",
    [remove("company"), set("company", { url: "https://other.example.com" })],
    ({ current }) => {
      assert.equal(current.registries.company!.url, "https://other.example.com");
      assert.deepEqual(current.registries.company!.aliases, []);
      assert.equal(current.registries.company!.auth.password, "");
    },
    "registries:\n  company:\n    url: https://other.example.com\n    aliases: null\n    auth: null\n",
  ],
  [
    "delete a built-in one",
    [remove("quay")],
    ({ current }) => assert.equal(current.registries.quay, undefined),
    "registries:\n  quay:\n    enabled: false\n",
  ],
  [
    "add and delete",
    [set("new", { url: "https://new.example.com" }), remove("new")],
    ({ current }) => assert.equal(current.registries.new, undefined),
    "",
  ],
  [
    "a list that is no registry's",
    [() => [{ path: ["forward", "allowed_hosts"], value: ["a.example:443"] }]],
    ({ current }) => assert.deepEqual(current.forward.allowed_hosts, ["a.example:443"]),
    "forward:\n  allowed_hosts:\n    - a.example:443\n",
  ],
  [
    "a text that looks like a variable",
    [set("new", { url: "https://new.example.com", auth: { username: "u", password: "a${B}" } })],
    ({ current }) => assert.equal(current.registries.new!.auth.password, "a${B}"),
    "registries:\n  new:\n    url: https://new.example.com\n    auth:\n      username: u\n" +
    "      password: a$${B}\n",
  ],
];

for (const [what, changes, expect, overlay] of TABLE) {
  for (const writable of [true, false]) {
    Deno.test(`overlay, ${what}, file ${writable ? "" : "not "}writable: holds, after a restart too`, () =>
      inPlace(writable, async (place) => {
        const live = await place.open();
        for (const change of changes) {
          const state = await fileState(live);
          assert.equal(state.writable, true);
          assert.equal(state.overlay, !writable);
          await writeEdits(live, change(live), state.revision);
          assert.equal((await live.reload("dashboard")).ok, true);
        }
        expect(live);
        assert.equal((await live.reload("SIGHUP")).ok, true);
        expect(live);
        await live.close();
        const again = await place.open();
        expect(again);
        await again.close();
        assert.equal(await said(place.overlay), writable ? "" : overlay);
        if (!writable) assert.equal(await text(place.file), FILE);
      }));
  }
}

Deno.test("overlay, its values are told as such, and shown without secrets before they are written", () =>
  inPlace(false, async ({ open, overlay }) => {
    const live = await open();
    const edits = setRegistry(live.loaded, "company", {
      ...COMPANY,
      auth: { username: "x", password: "n3w" },
    });
    const { diff, file } = await previewEdits(live, edits);
    assert.equal(file, overlay);
    assert.match(JSON.stringify(diff), /username: x/);
    assert.doesNotMatch(JSON.stringify(diff), /n3w|hunter2/);
    await writeEdits(live, edits);
    assert.equal((await Deno.stat(overlay)).mode! & 0o777, 0o600);
    await live.reload("dashboard");
    const origin = live.sources.get("registries.company.auth.username")!;
    assert.match(describeProvenance(origin), /^overlay \/.*\/kept\/overlay\.yaml:\d+:\d+$/);
    assert.equal(live.sources.get("registries.company.url")!.kind, "file");
    await live.close();
  }));

Deno.test("overlay, an entry goes once the file says the same, and the file is edited again at its end", () =>
  inPlace(false, async ({ open, overlay, file }) => {
    const live = await open();
    await writeEdits(live, [
      ...setRegistry(live.loaded, "company", { ...COMPANY, url: "https://r.example.com" }),
      ...removeRegistry(live.loaded, "lab"),
    ]);
    await live.reload("dashboard");
    await Deno.writeTextFile(
      file,
      FILE.replace("https://registry.example.com", "https://r.example.com"),
    );
    await live.reload("file changed");
    assert.equal(await said(overlay), "registries:\n  lab: null\n");
    assert.equal(live.sources.get("registries.company.url")!.kind, "file");
    await Deno.writeTextFile(file, FILE.replace(/ {2}lab:[^]*$/, ""));
    await live.reload("file changed");
    assert.equal(await said(overlay), "");
    assert.equal(live.loaded.overlay!.settings.length, 0);
    await live.close();
  }));

Deno.test("overlay, dropped in part or as a whole, the file alone counts", () =>
  inPlace(false, async ({ open, overlay }) => {
    const live = await open();
    await writeEdits(live, [
      ...setRegistry(live.loaded, "new", { url: "https://new.example.com" }),
      ...removeRegistry(live.loaded, "lab"),
    ]);
    await live.reload("dashboard");
    await dropOverlay(live, ["registries", "lab"]);
    await live.reload("dashboard");
    assert.ok(live.current.registries.lab && live.current.registries.new);
    await dropOverlay(live);
    await live.reload("dashboard");
    assert.equal(live.current.registries.new, undefined);
    assert.equal(await said(overlay), "");
    await live.close();
  }));

Deno.test("overlay, one that cannot be used is told, and left out; nothing is written over it", async (t) => {
  const broken: [text: string, problem: RegExp][] = [
    ["registries: [", /expected valid YAML/],
    [
      "registries:\n  lab:\n    url: nonsense\n",
      /registries\.lab\.url: .*overlay\.yaml:3:10|overlay\.yaml:3:10.*url/,
    ],
    ["cache:\n  dir: /elsewhere\n", /cache\.dir.*cannot be set in its own directory/],
  ];
  for (const [text, problem] of broken) {
    await t.step(JSON.stringify(text), () =>
      inPlace(false, async ({ open, overlay }) => {
        await Deno.mkdir(join(overlay, ".."));
        await Deno.writeTextFile(overlay, text);
        const live = await open();
        assert.equal(live.current.registries.lab!.url, "https://lab.example.com");
        assert.match(live.loaded.overlay!.problem, problem);
        assert.match(live.loaded.warnings.join("\n"), /the overlay is not used/);
        const { writable, readOnlyReason } = await fileState(live);
        assert.equal(writable, false);
        assert.match(readOnlyReason, /overlay\.yaml is not used .*; mend or drop it first/);
        await assert.rejects(
          writeEdits(live, removeRegistry(live.loaded, "lab")),
          (error) => error instanceof WriteError && error.kind === "unwritable",
        );
        assert.equal(await Deno.readTextFile(overlay), text);
        await dropOverlay(live);
        await live.reload("dashboard");
        assert.equal(live.loaded.overlay!.problem, "");
        assert.equal((await fileState(live)).writable, true);
        await live.close();
      }));
  }
});

Deno.test("overlay, what would not be valid is refused; environment and flags still have the last word", () =>
  inPlace(false, async ({ input, overlay }) => {
    const env = { BERTH_REGISTRIES_LAB_URL: "https://env.example.com" };
    const given = { ...input, env };
    const context = { input: given, loaded: loaded(await loadConfig(given)) };
    const kind = (kind: string) => (error: unknown) =>
      error instanceof WriteError && error.kind === kind;
    const at = ["registries", "company", "url"];
    await assert.rejects(writeEdits(context, [{ path: at, value: "x" }]), kind("invalid"));
    const lab = ["registries", "lab", "url"];
    const edit = { path: lab, value: "https://x.example.com" };
    await assert.rejects(writeEdits(context, [edit]), kind("read-only-key"));
    await assert.rejects(
      writeEdits(context, [{ path: at, value: "https://x.example.com" }], "another"),
      kind("conflict"),
    );
    assert.equal(await text(overlay), "");
  }));

Deno.test("overlay, none without a cache", () =>
  inPlace(false, async ({ open }) => {
    const live = await open();
    const { writable, overlay, readOnlyReason } = await fileState(live);
    assert.deepEqual([writable, overlay, readOnlyReason], [
      false,
      false,
      "its file system is read-only",
    ]);
    await live.close();
  }, FILE.replace("./kept", '""')));
