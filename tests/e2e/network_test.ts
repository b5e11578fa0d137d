/**
 * Berth on a machine without a network, whose kernel counts what is sent nowhere: it calls what its
 * configuration names, and nothing else. No update check, no statistics to anybody, no font of a page.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort } from "../fake/ports.ts";
import { COMMAND } from "./harness/berth.ts";
import { giveToBerth } from "./harness/account.ts";
import { finish, type Running, start } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";
import { until } from "./harness/wait.ts";

interface Island extends AsyncDisposable {
  /** Starts a program there, whose words go to a file. */
  start(args: string[], log: string, ready: () => Promise<boolean>): Promise<Running>;
  /** What is answered to a GET there; 0 where nothing is. */
  get(url: string): Promise<{ status: number; text: string }>;
  /** How often somebody there wanted to send something that has no way to go. */
  strayed(): Promise<number>;
}

/** A network with loopback alone, and a DNS server that is elsewhere. */
async function island(dir: string): Promise<Island> {
  const resolv = join(dir, "resolv.conf");
  await Deno.writeTextFile(resolv, "nameserver 192.0.2.53\n");
  const script =
    'ip link set lo up && mount --bind "$0" /etc/resolv.conf && : >"$1" && exec sleep 600';
  const up = join(dir, "up");
  const unshare = ["--net", "--mount", "--propagation", "private", "sh", "-c", script, resolv, up];
  const holder = await start("unshare", unshare, {
    ready: () => Deno.stat(up).then(() => true, () => false),
  });
  const inside = (...args: string[]) => ["-t", String(holder.pid), "-n", "-m", ...args];
  return {
    start: (args, log, ready) =>
      start("nsenter", inside("sh", "-c", 'exec "$@" >"$0" 2>&1', log, ...args), {
        cwd: dir,
        deadline: 60_000,
        ready,
      }),
    async get(url) {
      const args = inside("curl", "-sS", "-m", "60", "-w", "\n%{http_code}", url);
      const text = new TextDecoder().decode((await finish("nsenter", args)).stdout);
      const end = text.lastIndexOf("\n");
      return { status: Number(text.slice(end + 1)), text: text.slice(0, end) };
    },
    async strayed() {
      const read = (file: string) => Deno.readTextFile(`/proc/${holder.pid}/net/${file}`);
      const [names, values] = (await read("snmp")).split("\n").filter((line) =>
        line.startsWith("Ip:")
      ).map((line) => line.split(" "));
      const v4 = Number(values![names!.indexOf("OutNoRoutes")]);
      const v6 = Number(
        /^Ip6OutNoRoutes\s+(\d+)/m.exec(await read("snmp6").catch(() => ""))?.[1] ?? 0,
      );
      assert.ok(Number.isInteger(v4 + v6));
      return v4 + v6;
    },
    [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose](),
  };
}

Deno.test({
  name: "network, nothing is called but what the configuration names",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await using scratch = await scratchDir("network");
    await giveToBerth(scratch.path);
    await using place = await island(scratch.path);
    const at = (name: string) => join(scratch.path, name);

    // A demo is all of it at once: a registry, pulls, its loss, the dashboard.
    const ports = [freePort(), freePort()];
    const addresses = [
      "--listen",
      `127.0.0.1:${ports[0]}`,
      "--admin-listen",
      `127.0.0.1:${ports[1]}`,
    ];
    await using _demo = await place.start(
      [...COMMAND, "demo", ...addresses],
      at("demo.log"),
      async () => (await Deno.readTextFile(at("demo.log")).catch(() => "")).includes("Ctrl+C"),
    );
    assert.equal(await place.strayed(), 0, "berth demo");

    const [port, admin] = [freePort(), freePort()];
    const settings = {
      listen: `127.0.0.1:${port}`,
      admin: { listen: `127.0.0.1:${admin}`, auth: "none", metrics: "public" },
      cache: { dir: at("cache") },
      log: { level: "debug" },
      registries: { own: { url: `http://127.0.0.1:${ports[0]}` } },
    };
    await Deno.writeTextFile(at("config.json"), JSON.stringify(settings));
    const log = at("berth.log");
    await using _berth = await place.start(
      [...COMMAND, "--config", at("config.json")],
      log,
      // By then it has looked at the registries that it looks at by itself.
      async () => {
        const { text } = await place.get(`http://127.0.0.1:${admin}/metrics`);
        return /^berth_registry_up\{registry="own",.*\} 1$/m.test(text);
      },
    );
    const pull = (name: string, registry: string) =>
      place.get(`http://127.0.0.1:${port}/v2/${name}?ns=${registry}`);
    assert.equal((await pull("demo/web/manifests/2.1", "own")).status, 200);
    assert.equal((await pull("demo/web/tags/list", "evil.example")).status, 404);
    const page = await place.get(`http://127.0.0.1:${admin}/`);
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    assert.ok(files.length > 2);
    for (const file of files) assert.ok(file.startsWith("/"), `the dashboard loads ${file}`);
    for (const path of ["/", "/metrics", "/api/v1/status", "/api/v1/stats", "/api/v1/registries"]) {
      assert.equal((await place.get(`http://127.0.0.1:${admin}${path}`)).status, 200, path);
    }
    assert.equal(await place.strayed(), 0, await Deno.readTextFile(log));

    // What is configured and is elsewhere is called, and that is counted.
    assert.ok((await pull("library/alpine/manifests/latest", "docker.io")).status >= 500);
    await until("the call is counted", async () => await place.strayed() > 0);
  },
});
