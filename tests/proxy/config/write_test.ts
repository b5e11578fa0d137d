import assert from "node:assert/strict";
import { join } from "node:path";
import type { Edit } from "../../../proxy/config/edit/edit.ts";
import type { DiffLine } from "../../../proxy/config/diff.ts";
import { addItem } from "../../../proxy/config/list_edits.ts";
import { loadConfig } from "../../../proxy/config/load.ts";
import type { LoadInput } from "../../../proxy/config/load_input.ts";
import { realSystem } from "../../../proxy/config/system.ts";
import { fileState, previewEdits, revisionOf, writeEdits } from "../../../proxy/config/write.ts";
import {
  type WriteContext,
  WriteError,
  type WriteErrorKind,
} from "../../../proxy/config/write_place.ts";
import { loaded, machine } from "./fixture.ts";

/** A directory with a config.yaml that holds `text`, loaded. */
async function withFile(
  text: string | undefined,
  run: (context: WriteContext, file: string) => Promise<void>,
  input: LoadInput = {},
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "berth-write-" });
  try {
    const file = join(cwd, "config.yaml");
    if (text !== undefined) await Deno.writeTextFile(file, text);
    const whole = { ...input, cwd };
    await run({ input: whole, loaded: loaded(await loadConfig(whole)) }, file);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

function refused(kind: WriteErrorKind, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof WriteError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    return true;
  };
}

const SUFFIX: Edit = { path: ["domain_suffix"], value: "b.example" };

const MARKS: Record<DiffLine["kind"], string> = { same: " ", add: "+", remove: "-", skip: "" };

/** `lines` as a unified diff of `file`; empty when nothing differs. */
function unifiedDiff(file: string, lines: readonly DiffLine[]): string {
  if (lines.length === 0) return "";
  const body = lines.map(({ kind, text }) => `${MARKS[kind]}${text}\n`);
  return `--- ${file}\n+++ ${file}\n${body.join("")}`;
}

Deno.test("writeEdits, writes the change and tells the new revision", () =>
  withFile("domain_suffix: a.example # ours\n", async (context, file) => {
    const { revision } = await fileState(context);
    const result = await writeEdits(context, [SUFFIX], revision);
    assert.equal(await Deno.readTextFile(file), "domain_suffix: b.example # ours\n");
    assert.deepEqual(result, { file, revision: (await fileState(context)).revision });
    assert.deepEqual([...Deno.readDirSync(join(file, ".."))].map(({ name }) => name), [
      "config.yaml",
    ]);
  }));

Deno.test("writeEdits, makes a file where there is none", () =>
  withFile(undefined, async (context, file) => {
    assert.equal((await fileState(context)).revision, revisionOf(""));
    await writeEdits(context, [SUFFIX], revisionOf(""));
    assert.equal(await Deno.readTextFile(file), "domain_suffix: b.example\n");
  }, { env: { container: "oci" } }));

Deno.test("writeEdits, the first file keeps the dashboard for this machine alone", () => {
  const exists = async (path: string) => !/env$/.test(path) && await realSystem.exists(path);
  const system = { ...realSystem, exists };
  return withFile(undefined, async (context, file) => {
    const listen = { path: ["admin", "listen"], value: ":8081" };
    assert.match(
      unifiedDiff(file, (await previewEdits(context, [SUFFIX])).diff),
      /127\.0\.0\.1:8081/,
    );
    await writeEdits(context, [SUFFIX]);
    const after = loaded(await loadConfig(context.input));
    assert.equal(after.config.admin.listen, "127.0.0.1:8081");
    assert.equal(after.config.domain_suffix, "b.example");
    await writeEdits({ ...context, loaded: after }, [listen]);
    assert.equal(loaded(await loadConfig(context.input)).config.admin.listen, ":8081");
  }, { env: {}, system });
});

Deno.test("writeEdits, keeps the mode and follows a symbolic link", () =>
  withFile("listen: :1\n", async (context, file) => {
    const real = join(file, "../real.yaml");
    await Deno.rename(file, real);
    await Deno.symlink("real.yaml", file);
    await Deno.chmod(real, 0o604);
    await writeEdits(context, [SUFFIX]);
    assert.match(await Deno.readTextFile(real), /b\.example/);
    assert.ok((await Deno.lstat(file)).isSymlink);
    assert.equal((await Deno.stat(real)).mode! & 0o777, 0o604);
  }));

Deno.test("writeEdits, a file that changed underneath is a conflict and stays", () =>
  withFile("listen: :1\n", async (context, file) => {
    const { revision } = await fileState(context);
    await Deno.writeTextFile(file, "listen: :2\n");
    await assert.rejects(
      writeEdits(context, [SUFFIX], revision),
      refused("conflict", /config\.yaml has changed since it was read/),
    );
    await assert.rejects(previewEdits(context, [SUFFIX], revision), refused("conflict", /changed/));
    assert.equal(await Deno.readTextFile(file), "listen: :2\n");
  }));

Deno.test("writeEdits, an invalid result is not written", () =>
  withFile("listen: :1\n", async (context, file) => {
    const edit = { path: ["default_registry"], value: "nope" };
    const { problems } = await previewEdits(context, [edit]);
    assert.deepEqual(problems.map(({ key }) => key), ["default_registry"]);
    await assert.rejects(
      writeEdits(context, [edit]),
      refused("invalid", /^config\.yaml:2:19: default_registry: found "nope", expected one of/),
    );
    assert.equal(await Deno.readTextFile(file), "listen: :1\n");
  }));

Deno.test("writeEdits, what comes from elsewhere is refused by its origin", () =>
  withFile(
    "listen: ${ADDRESS}\n",
    async (context) => {
      const cases: [Edit, RegExp][] = [
        [
          { path: ["listen"], value: ":2" },
          /^listen comes from config\.yaml:1:9 \(\$\{ADDRESS\}\); change it there/,
        ],
        [SUFFIX, /^domain_suffix comes from flag --domain-suffix; change it there/],
        [
          { path: ["forward", "allowed_hosts"], value: ["x"] },
          /^forward\.allowed_hosts comes from environment BERTH_FORWARD_ALLOWED_HOSTS/,
        ],
        [
          { path: ["registries", "docker"], value: undefined },
          /^registries\.docker comes from environment BERTH_REGISTRIES_DOCKER_AUTH_HEADER/,
        ],
      ];
      for (const [edit, message] of cases) {
        await assert.rejects(writeEdits(context, [edit]), refused("read-only-key", message));
      }
      await writeEdits(context, [{ path: ["registries", "docker", "library"], value: false }]);
    },
    {
      args: ["--domain-suffix=a.example"],
      env: {
        ADDRESS: ":1",
        BERTH_FORWARD_ALLOWED_HOSTS: "a",
        BERTH_REGISTRIES_DOCKER_AUTH_HEADER: "Bearer x",
      },
    },
  ));

Deno.test("addItem and taking an item away, change one item and keep the others' comments", () =>
  withFile(
    "cache:\n  pin:\n    - docker/library/alpine:* # base\n",
    async (context, file) => {
      const path = ["cache", "pin"];
      assert.deepEqual(addItem(context.loaded, path, "docker/library/alpine:*"), []);
      await writeEdits(context, addItem(context.loaded, path, "ghcr/acme/app:v1"));
      assert.equal(
        await Deno.readTextFile(file),
        "cache:\n  pin:\n    - docker/library/alpine:* # base\n    - ghcr/acme/app:v1\n",
      );
      const again = { ...context, loaded: loaded(await loadConfig(context.input)) };
      await writeEdits(again, [{ path, value: ["ghcr/acme/app:v1"] }]);
      assert.equal(
        await Deno.readTextFile(file),
        "cache:\n  pin:\n    - ghcr/acme/app:v1\n",
      );
    },
  ));

Deno.test("writeEdits, a list with a variable in it is refused", () =>
  withFile(
    'cache: { pin: ["${PIN}", b] }\n',
    async (context) => {
      const edits = addItem(context.loaded, ["cache", "pin"], "c");
      await assert.rejects(
        writeEdits(context, edits),
        refused("read-only-key", /^cache\.pin comes from config\.yaml:1:10 \(\$\{PIN\}\)/),
      );
    },
    { env: { PIN: "a" } },
  ));

Deno.test("writeEdits, does not let a value read the environment", () =>
  withFile("listen: :1\n", async (context, file) => {
    await writeEdits(context, [
      { path: ["admin", "username"], value: "${SECRET}" },
      { path: ["cache", "pin"], value: ["a/${SECRET}"] },
    ]);
    const { config } = loaded(await loadConfig({ ...context.input, env: { SECRET: "s" } }));
    assert.equal(config.admin.username, "${SECRET}");
    assert.deepEqual(config.cache.pin, ["a/${SECRET}"]);
    assert.match(await Deno.readTextFile(file), /\$\$\{SECRET\}/);
  }));

Deno.test("writeEdits, an alias is for a person to change", () =>
  withFile("trusted_proxies: &p [10.0.0.1]\nforward: { intercept: [] }\n", async (context) => {
    const edit = { path: ["trusted_proxies"], value: [] };
    await assert.rejects(writeEdits(context, [edit]), refused("by-hand", /^trusted_proxies is/));
  }));

Deno.test("writeEdits, a file that cannot be written says why and what to do", async () => {
  const root = Deno.uid() === 0;
  await withFile("listen: :1\ncache: { dir: '' }\n", async (context, file) => {
    const gone = { ...context, loaded: { ...context.loaded, file: "/nowhere/config.yaml" } };
    const { writable, readOnlyReason } = await fileState(gone);
    assert.equal(writable, false);
    assert.equal(readOnlyReason, "there is no such directory");
    await assert.rejects(
      writeEdits(gone, [SUFFIX]),
      refused(
        "unwritable",
        /^\/nowhere\/config\.yaml cannot be written: there is no such directory/,
      ),
    );
    if (root) return;
    await Deno.chmod(file, 0o400);
    await Deno.chmod(join(file, ".."), 0o500);
    assert.match((await fileState(context)).readOnlyReason, /Berth's user may not write it/);
    await assert.rejects(writeEdits(context, [SUFFIX]), refused("unwritable", /may not write it/));
    await Deno.chmod(join(file, ".."), 0o700);
  });
});

Deno.test("previewEdits, shows the change with three lines around it and no secret", async () => {
  const text = `# head
a: &x 1
registries:
  own:
    url: https://own.example
    auth:
      username: robot
      password: old-secret # rotated
`.replace("a: &x 1\n", "");
  const system = machine({ files: { "/srv/config.yaml": text } });
  const input = { cwd: "/srv", system };
  const context = { input, loaded: loaded(await loadConfig(input)) };
  const at = ["registries", "own", "auth"];
  const { file, diff, problems } = await previewEdits(context, [
    { path: [...at, "password"], value: `sha256:${"5ec".repeat(21)}0` },
    { path: ["registries", "own", "library"], value: true },
  ]);
  assert.deepEqual(problems, []);
  assert.equal(
    unifiedDiff(file, diff),
    `--- /srv/config.yaml
+++ /srv/config.yaml
@@ -4,4 +4,5 @@
     url: https://own.example
     auth:
       username: robot
-      password: ******** # rotated
+      password: ******** (new) # rotated
+    library: true
`,
  );
  assert.deepEqual((await previewEdits(context, [])).diff, []);
});

Deno.test("previewEdits, masks secrets however they are written", async () => {
  const text =
    `admin: { password_hash: "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe" }
users: {}
registries:
  own:
    url: https://own.example
    auth:
      header: |-
        Bearer old-secret
`;
  const input = { cwd: "/srv", system: machine({ files: { "/srv/config.yaml": text } }) };
  const context = { input, loaded: loaded(await loadConfig(input)) };
  const edits = [
    { path: ["listen"], value: ":9" },
    { path: ["admin", "tokens", "ci"], value: `sha256:${"5ec".repeat(21)}0` },
    {
      path: ["users", "kim"],
      value: "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe",
    },
  ];
  const { diff, problems } = await previewEdits(context, edits);
  assert.deepEqual(problems, []);
  assert.doesNotMatch(JSON.stringify(diff), /secret|5ec5ec|\$2y|bvIG/);
  assert.match(JSON.stringify(diff), /ci: \*{8} \(new\)/);
});

Deno.test("writeEdits, what several Berths share is changed by one that runs among them", () =>
  withFile(
    "cluster: { url: 'redis://valkey', secret: a secret of sixteen }\n" +
      "admin: { listen: '' }\n",
    async (context, file) => {
      const before = await Deno.readTextFile(file);
      const { writable, readOnlyReason } = await fileState(context);
      assert.equal(writable, false);
      assert.match(readOnlyReason, /^Several Berths share this configuration \(cluster\.url\)/);
      await assert.rejects(writeEdits(context, [SUFFIX]), refused("unwritable", /cluster\.url/));
      assert.equal(await Deno.readTextFile(file), before);
    },
  ));
