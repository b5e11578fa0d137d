import assert from "node:assert/strict";
import { openCache } from "../../cache/cache.ts";
import { cacheCommand } from "../../cli/cache_command.ts";
import { serveControl } from "../../cli/cache_socket.ts";
import { putImage, putIndex } from "../fake/images.ts";

const HOUR = 3600e3;
const CHECKED = Date.UTC(2026, 0, 1);

async function run(dir: string, args: string[], now: number, env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await cacheCommand("tags", [...args, "--cache-dir", dir], {
    env,
    cwd: "/",
    print: (line) => void out.push(line),
    complain: (line) => void err.push(line),
    now: () => now,
    options: ({ cache }) => ({ dir: cache.dir, pin: cache.pin }),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

for (const running of [false, true]) {
  Deno.test(`berth tags, what each tag stands for${running ? ", of a running Berth" : ""}`, async () => {
    const dir = await Deno.makeTempDir();
    const cache = await openCache({ dir, scrubRate: 0 });
    const name = "docker/library/alpine";
    const digest = await putImage(cache, `${name}:3.22`, ["base"], CHECKED);
    const index = await putIndex(cache, `${name}:latest`, { "linux/amd64": digest });
    await putImage(cache, "docker/library/busybox:1", ["other"], CHECKED);
    cache.pin("docker/library/busybox:1");
    const control = running ? await serveControl(cache, dir) : await cache.close();
    const env = { BERTH_CACHE_MANIFESTS_TTL: "2h" };

    const all = await run(dir, ["alpine"], CHECKED + HOUR, env);
    assert.equal(all.code, 0, all.err);
    const lines = all.out.split("\n");
    assert.equal(lines[0], name);
    assert.match(lines[1]!, new RegExp(`^3\\.22    ${digest} .*  checked 1h ago, fresh for 1h$`));
    assert.match(
      lines[2]!,
      new RegExp(`^latest  ${index} .*  never checked  linux/amd64$`),
    );
    const later = await run(dir, ["docker.io/library/alpine:3.22"], CHECKED + 3 * HOUR, env);
    assert.match(later.out, /checked 3h ago, to be asked for at the next pull$/);
    const always = await run(dir, ["docker/library/alpine:3.22"], CHECKED);
    assert.match(always.out, /asked for at each pull$/);

    assert.match((await run(dir, ["busybox"], CHECKED)).out, /pinned$/);
    const [row] = JSON.parse((await run(dir, ["alpine:3.22", "--json"], CHECKED, env)).out);
    assert.deepEqual(
      [row.repository, row.tag, row.digest, row.checkedAt, row.freshUntil, row.pinned],
      [name, "3.22", digest, CHECKED, CHECKED + 2 * HOUR, false],
    );
    const miss = await run(dir, ["alpine:3.2"], CHECKED);
    assert.equal(miss.code, 1);
    assert.match(miss.err, /^berth tags: no such image is cached: .*did you mean/);
    assert.equal((await run(dir, [], CHECKED)).code, 2);
    assert.equal((await run(dir, ["a", "b"], CHECKED)).code, 2);
    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
    await Deno.remove(dir, { recursive: true });
  });
}
