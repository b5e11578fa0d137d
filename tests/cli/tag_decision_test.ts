import assert from "node:assert/strict";
import { openCache } from "../../cache/cache.ts";
import { cacheCommand } from "../../cli/cache_command.ts";
import { serveControl } from "../../cli/cache_socket.ts";
import { bookFile, TrustBook } from "../../proxy/trust/book.ts";
import { putImage } from "../fake/images.ts";

type Name = "freeze" | "unfreeze" | "release" | "tags";

async function run(dir: string, name: Name, args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await cacheCommand(name, [...args, "--cache-dir", dir], {
    env: {},
    cwd: "/",
    print: (line) => void out.push(line),
    complain: (line) => void err.push(line),
    now: Date.now,
    options: ({ cache }) => ({ dir: cache.dir, pin: cache.pin }),
  });
  return [code, [...out, ...err].join("\n")] as const;
}

for (const running of [false, true]) {
  Deno.test(`berth freeze, unfreeze, release${running ? ", of a running Berth" : ""}`, async () => {
    const dir = await Deno.makeTempDir();
    const cache = await openCache({ dir, scrubRate: 0 });
    const name = "docker/library/alpine:3.22";
    const first = await putImage(cache, name, ["one"], 1);
    const second = await putImage(cache, name, ["two"], 2);
    const book = () => TrustBook.open(bookFile(`${dir}/trust.json`));
    const control = running
      ? serveControl(cache, dir, { book: await book() })
      : await cache.close();

    const past = new RegExp(`was ${first} from 1970-01-01T00:00Z to 1970-01-01T00:00Z`);
    assert.match((await run(dir, "tags", ["alpine:3.22"]))[1], past);
    assert.deepEqual(await run(dir, "freeze", ["alpine:3.22"]), [0, `froze ${name} to ${second}`]);
    const back = await run(dir, "freeze", ["alpine:3.22", "--digest", first]);
    assert.deepEqual(back, [0, `froze ${name} to ${first}`]);
    assert.equal((await book()).frozenTo(name)?.digest, first);
    assert.deepEqual(await run(dir, "unfreeze", ["alpine:3.22"]), [
      0,
      `${name} follows its registry again`,
    ]);
    const [code, said] = await run(dir, "unfreeze", ["alpine:3.22"]);
    assert.deepEqual([code, said], [1, `berth unfreeze: ${name} is not frozen`]);
    assert.equal((await run(dir, "release", ["docker/library/*:*"]))[0], 0);
    assert.equal((await book()).released.length, 1);
    assert.equal((await run(dir, "freeze", ["alpine"]))[0], 2);
    assert.equal((await run(dir, "freeze", ["alpine:9"]))[0], 1);

    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
    await Deno.remove(dir, { recursive: true });
  });
}
