import assert from "node:assert/strict";
import { openCache } from "../../cache/cache.ts";
import { cacheCommand } from "../../cli/cache_command.ts";
import { serveControl } from "../../cli/cache_socket.ts";
import { openStats } from "../../proxy/observe/stats/stats.ts";
import { putImage } from "../fake/images.ts";
import { record } from "../fake/records.ts";

for (const running of [false, true]) {
  Deno.test(`berth policy try${running ? ", of a running Berth" : ""}, tries the rules of a file`, async () => {
    const dir = await Deno.makeTempDir();
    const cache = await openCache({ dir, scrubRate: 0 });
    await putImage(cache, "docker/library/alpine:3.22", ["one"], Date.now());
    const stats = openStats({ file: `${dir}/stats.db`, flushMs: 0 });
    const pulled = { kind: "manifest", reference: "3.22", time: Date.now() } as const;
    for (let count = 0; count < 2; count++) {
      stats.sink(record({ ...pulled, client: `10.0.0.${count}` }));
    }
    const past = (since: number) => stats.clients().all({ from: since, to: Date.now() + 1 });
    const control = running ? serveControl(cache, dir, { past }) : await cache.close();
    if (!running) stats.close();

    const file = `${dir}/new.yaml`;
    await Deno.writeTextFile(
      file,
      "policy: { rules: [{ action: deny, tags: [3.22] }] }".replace("3.22", '"3.22"'),
    );
    const out: string[] = [];
    const attempt = (...args: string[]) => {
      out.length = 0;
      return cacheCommand("policy try", [...args, "--cache-dir", dir], {
        env: {},
        cwd: "/",
        print: (line) => void out.push(line),
        complain: (line) => void out.push(line),
        now: Date.now,
        options: ({ cache }) => ({ dir: cache.dir, pin: cache.pin }),
      });
    };
    assert.equal(await attempt("--config", file), 0);
    assert.deepEqual(out, [
      "refused  docker/library/alpine:3.22  2 pulls of 2 clients  policy.rules[0]: " +
      "tags 3.22 are not allowed",
      "1 rule, 2 pulls in the last 30d: 2 would have been refused, of 0 it cannot be told",
    ]);
    assert.equal(await attempt("--json"), 0);
    assert.deepEqual(JSON.parse(out.join("")), {
      ...{ pulls: 2, refused: 0, unknown: 0, items: [], left: 0 },
    });
    assert.equal(await attempt("alpine"), 2);

    await control?.[Symbol.asyncDispose]();
    if (running) {
      stats.close();
      await cache.close();
    }
    await Deno.remove(dir, { recursive: true });
  });
}
