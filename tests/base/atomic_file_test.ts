import assert from "node:assert/strict";
import { join } from "node:path";
import { describeWriteError, whyUnwritable, writeAtomically } from "../../base/atomic_file.ts";

async function inTemp(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "berth-atomic-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const modeOf = async (file: string) => (await Deno.stat(file)).mode! & 0o777;
const namesIn = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();

Deno.test("writeAtomically, a new file is its owner's unless told, an old one keeps its mode", () =>
  inTemp(async (dir) => {
    const [secret, open] = [join(dir, "key"), join(dir, "cert")];
    await writeAtomically(secret, "one");
    await writeAtomically(open, "two", 0o644);
    assert.deepEqual([await modeOf(secret), await modeOf(open)], [0o600, 0o644]);
    await Deno.chmod(secret, 0o640);
    await writeAtomically(secret, "three", 0o644);
    assert.equal(await Deno.readTextFile(secret), "three");
    assert.equal(await modeOf(secret), 0o640);
    assert.deepEqual(namesIn(dir), ["cert", "key"], "nothing temporary is left");
  }));

Deno.test("writeAtomically, follows a symbolic link and leaves it one", () =>
  inTemp(async (dir) => {
    await Deno.writeTextFile(join(dir, "real"), "old");
    await Deno.symlink("real", join(dir, "link"));
    await writeAtomically(join(dir, "link"), "new");
    assert.equal(await Deno.readTextFile(join(dir, "real")), "new");
    assert.ok((await Deno.lstat(join(dir, "link"))).isSymlink);
  }));

Deno.test("whyUnwritable, finds no fault with a file to be made, and says what is missing", () =>
  inTemp(async (dir) => {
    assert.equal(await whyUnwritable(join(dir, "new")), undefined);
    assert.equal(await whyUnwritable(join(dir, "none", "new")), "there is no such directory");
    assert.deepEqual(namesIn(dir), []);
  }));

Deno.test("describeWriteError, words for what the system says, else its own", () => {
  const coded = (code: string) => Object.assign(new Error(code), { code });
  assert.equal(describeWriteError(coded("ENOSPC")), "the disk is full");
  assert.match(describeWriteError(coded("EROFS")), /read-only/);
  assert.equal(describeWriteError(coded("EOTHER")), "EOTHER");
});
