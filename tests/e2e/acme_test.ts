/** A certificate by ACME, from a real authority that fetches its challenges. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { connect } from "node:tls";
import { valkeyCoordinator } from "../fake/coordinator.ts";
import { freePort } from "../fake/ports.ts";
import { type Berth, startBerth } from "./harness/berth.ts";
import { type Pebble, startPebble } from "./harness/pebble.ts";
import { run } from "./harness/process.ts";
import { startValkey } from "./harness/valkey.ts";
import { until } from "./harness/wait.ts";

const DAY = 86_400;

function settings({ directory, caFile, httpPort }: Pebble, domains: string[]) {
  return {
    tls: {
      acme: {
        ...{ domains, directory, ca_file: caFile, email: "ops@berth.test" },
        http_listen: `127.0.0.1:${httpPort}`,
      },
    },
    admin: { tls: "registry", auth: "none" },
  };
}

/** The serial of the certificate at `port`; undefined where it is not good for `name`. */
function serialAt(port: number, name: string, ca: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host: "127.0.0.1", port, servername: name, ca }, () => {
    resolve(socket.authorized ? socket.getPeerCertificate().serialNumber : undefined);
    socket.destroy();
  });
  socket.on("error", () => resolve(undefined));
  return promise;
}

const portOf = (url: string) => Number(new URL(url).port);

/** Waits until `port` has a good certificate other than `not`; its serial. */
async function serial(port: number, name: string, ca: string, not?: string): Promise<string> {
  let found: string | undefined;
  await until(`a certificate for ${name}`, async () => {
    found = await serialAt(port, name, ca);
    return found !== undefined && found !== not;
  }, 60_000);
  return found!;
}

async function change(berth: Berth, domains: string[]): Promise<void> {
  const file = join(dirname(berth.cacheDir), "config.json");
  const config = JSON.parse(await Deno.readTextFile(file));
  config.tls.acme.domains = domains;
  await Deno.writeTextFile(file, JSON.stringify(config));
}

Deno.test("ACME, issued for both ports, kept while the authority is away, wrong domains told", async (t) => {
  await using stack = new AsyncDisposableStack();
  const pebble = stack.use(await startPebble({ life: 90 * DAY }));
  const ca = await pebble.root();
  const berth = stack.use(await startBerth(settings(pebble, ["a.berth.test"])));
  const [port, admin] = [portOf(berth.url), portOf(berth.admin)];
  const issued = await serial(port, "a.berth.test", ca);

  await t.step("the dashboard has it, too", async () => {
    assert.equal(await serial(admin, "a.berth.test", ca), issued);
    assert.equal(await serialAt(port, "b.berth.test", ca), undefined);
  });
  await t.step("what is no challenge is sent to https", async () => {
    const answer = await run("curl", [
      ...["-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"],
      ...["-H", "Host: a.berth.test", `http://127.0.0.1:${pebble.httpPort}/v2/`],
    ]);
    assert.equal(answer, `308 https://a.berth.test:${port}/v2/`);
  });
  await t.step("a domain that leads nowhere is told, and the old certificate stays", async () => {
    await change(berth, ["a.berth.test", "elsewhere.test"]);
    await until(
      "the log says why",
      async () =>
        /no certificate for a\.berth\.test, elsewhere\.test: .*elsewhere\.test.*; trying again in 5 min/
          .test(await berth.output()),
      60_000,
    );
    assert.equal(await serial(port, "a.berth.test", ca), issued);
  });
  let both = "";
  await t.step("mended, the next one is in force without a restart", async () => {
    await change(berth, ["a.berth.test", "b.berth.test"]);
    both = await serial(port, "b.berth.test", ca);
    assert.equal(await serial(admin, "b.berth.test", ca), both);
  });
  await t.step("after a restart it is there at once, with the authority away", async () => {
    await pebble.stop();
    await berth.restart();
    assert.equal(await serialAt(port, "b.berth.test", ca), both);
    const dir = join(berth.cacheDir, "acme");
    for await (const { name } of Deno.readDir(dir)) {
      assert.equal((await Deno.stat(join(dir, name))).mode! & 0o077, 0, name);
    }
  });
});

Deno.test("ACME, a certificate is renewed in time, without a restart", async () => {
  await using pebble = await startPebble({ life: 9 });
  const ca = await pebble.root();
  await using berth = await startBerth(settings(pebble, ["a.berth.test"]));
  const first = await serial(portOf(berth.url), "a.berth.test", ca);
  await serial(portOf(berth.url), "a.berth.test", ca, first);
  assert.match(
    await berth.output(),
    /certificate issued[^]*certificate was renewed[^]*certificate issued/,
  );
});

Deno.test("ACME, of two Berths one asks, each answers the challenge, and both have the certificate", async () => {
  await using stack = new AsyncDisposableStack();
  const pebble = stack.use(await startPebble({ life: 90 * DAY }));
  const valkey = stack.use(await startValkey());
  // Nobody asks until both are there.
  const coordinator = valkeyCoordinator(valkey.url, { lease: 3000 });
  stack.defer(() => coordinator[Symbol.asyncDispose]());
  await coordinator.join();
  const claim = await coordinator.claim("acme");
  assert.equal(claim.kind, "mine");
  const ports = [freePort(), freePort()];
  const members = await Promise.all(ports.map((httpPort) => {
    const listen = `127.0.0.1:${freePort()}`;
    return startBerth({
      ...settings({ ...pebble, httpPort }, ["a.berth.test"]),
      admin: { tls: "registry", auth: "none", metrics: "public" },
      cluster: { url: valkey.url, secret: "a secret of the tests' own", listen, advertise: listen },
    });
  }));
  for (const member of members) stack.use(member);
  // Whichever is asked: both know the answer.
  const answers: string[][] = [];
  const front = Deno.serve({
    hostname: "127.0.0.1",
    port: pebble.httpPort,
    onListen() {},
  }, async (request) => {
    const { pathname } = new URL(request.url);
    const all = await Promise.all(ports.map(async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}${pathname}`);
      return `${response.status} ${await response.text()}`;
    }));
    answers.push(all);
    return new Response(all[1]!.replace(/^200 /, ""));
  });
  stack.defer(() => front.shutdown());
  if (claim.kind === "mine") await claim.lease.release();
  const ca = await pebble.root();
  const [one, two] = await Promise.all(
    members.map(({ url }) => serial(portOf(url), "a.berth.test", ca)),
  );
  assert.equal(one, two);
  assert.ok(answers.length > 0);
  for (const [first, second] of answers) {
    assert.match(first!, /^200 [\w-]+\.[\w-]+$/);
    assert.equal(second, first);
  }
  const issued = await Promise.all(members.map((member) => member.output()));
  assert.equal(issued.join().match(/certificate issued/g)?.length, 1);
  assert.match(await valkey.command("KEYS", "*"), /\{berth\}:document:certificate:/);
});
