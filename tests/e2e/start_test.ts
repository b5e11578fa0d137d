/** Starts that cannot work: one clear line, and exit code 1 or 2. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { giveToBerth } from "./harness/account.ts";
import { attempt } from "./harness/attempt.ts";
import { EXECUTABLE, startBerth } from "./harness/berth.ts";
import { makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { run } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";

const root = Deno.uid() === 0;

async function fails(flags: string[], code: number, line: RegExp): Promise<void> {
  const result = await attempt(flags);
  assert.equal(result.code, code, result.said.join("\n"));
  assert.equal(result.said.length, 1, result.said.join("\n"));
  assert.match(result.said[0]!, line);
}

Deno.test("start, a second time on one data directory is refused", async () => {
  await using berth = await startBerth();
  const flags = ["--cache-dir", berth.cacheDir];
  await fails(flags, 1, /^berth: .* is in use by another process \(process \d+\)$/);
});

Deno.test("start, an address that is taken", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = `127.0.0.1:${listener.addr.port}`;
  await fails(["--listen", taken], 1, /^berth: \S+ is taken by another program/);
  await fails(["--admin-listen", taken], 1, /^berth: \S+ is taken by another program/);
});

Deno.test("start, a data directory that is a file", async () => {
  await using scratch = await scratchDir("file");
  const dir = join(scratch.path, "data");
  await Deno.writeTextFile(dir, "");
  await fails(["--cache-dir", dir], 1, /^berth: cache\.dir \S+ cannot be used: it is not a dir/);
});

Deno.test({
  name: "start, a data directory that may not be written",
  // Root may write anywhere, and from source the tests run Berth as root.
  ignore: root && EXECUTABLE === undefined,
  async fn() {
    await using scratch = await scratchDir("read-only");
    await Deno.chmod(scratch.path, 0o555);
    for (const dir of [scratch.path, join(scratch.path, "data")]) {
      const line = /^berth: cache\.dir \S+ cannot be used: this user may not write there$/;
      await fails(["--cache-dir", dir], 1, line);
    }
  },
});

for (const size of ["16k", "64k"]) {
  Deno.test({
    name: `start, on a disk of ${size} that is full`,
    ignore: !root,
    async fn() {
      await using scratch = await scratchDir("full");
      await run("mount", ["-t", "tmpfs", "-o", `size=${size},mode=777`, "tmpfs", scratch.path]);
      const dir = join(scratch.path, "data");
      await fails(
        ["--cache-dir", dir],
        1,
        /^berth: cache\.dir \S+ cannot be used: the disk is full$/,
      );
    },
  });
}

Deno.test("start, certificates that cannot be used", async (t) => {
  await using scratch = await scratchDir("certificates");
  const authority = await makeAuthority(scratch.path);
  const { certFile } = await makeServerCertificate(scratch.path, authority);
  const garbage = join(scratch.path, "garbage.pem");
  await Deno.writeTextFile(garbage, "not a certificate\n", { mode: 0o600 });
  for (const file of [garbage, authority.keyFile]) await giveToBerth(file);
  const cases: [name: string, cert: string, key: string, code: number, line: RegExp][] = [
    [
      "garbage",
      garbage,
      garbage,
      1,
      /^berth: tls\.cert_file: .*garbage\.pem holds no certificate; /,
    ],
    [
      "no key",
      certFile,
      garbage,
      1,
      /^berth: tls\.key_file: .*garbage\.pem holds no private key; /,
    ],
    ["not there", join(scratch.path, "none.pem"), garbage, 2, /tls\.cert_file: .*no such file$/],
    ["of another key", certFile, authority.keyFile, 1, /^berth: tls: /],
  ];
  for (const [name, cert, key, code, line] of cases) {
    await t.step(name, () => fails(["--tls-cert-file", cert, "--tls-key-file", key], code, line));
  }
});

Deno.test("start, a configuration with a mistake", async () => {
  await fails(["--log-level", "loud"], 2, /log\.level.*"loud"/);
});

Deno.test("start, the banner has four lines and names addresses, cache and configuration", async () => {
  await using berth = await startBerth();
  const lines = (await berth.output()).split("\n")
    .filter((line) => line !== "" && !line.endsWith("INFO  started")).slice(0, 5);
  assert.match(lines[0]!, /^Berth \d+\.\d+\.\d+: registry http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(lines[1]!, /^ {2}dashboard http:\/\/127\.0\.0\.1:\d+/);
  assert.match(lines[2]!, /^ {2}cache \S+, up to 32 GiB$/);
  assert.match(lines[3]!, /^ {2}configuration \S+config\.json$/);
  assert.ok(!lines[4]?.startsWith("  "), lines[4]);
});
