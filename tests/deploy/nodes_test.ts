/** What the chart's DaemonSet runs on each node, run on directories of the test's own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Client, clientsFor, targetOf } from "../../ui/web/snippets.ts";
import { until } from "../e2e/harness/wait.ts";
import { CHART, manifests, missing, render } from "./chart.ts";

const SCRIPT = new URL(`../../${CHART}/files/nodes.sh`, import.meta.url).pathname;
const MARK = "# Written for Berth (infra/berth), by its DaemonSet, and removed with it.\n";
const ignore = Deno.build.os === "windows";

interface Node extends AsyncDisposable {
  path(name: string): string;
  /** A file of the node; `undefined` where there is none. */
  read(name: string): string | undefined;
  /** Starts the script; ends when it is told to. */
  start(env: Record<string, string>): { stop(): Promise<string> };
}

async function node(): Promise<Node> {
  const dir = await Deno.makeTempDir();
  const path = (name: string) => join(dir, name);
  await Deno.mkdir(path("certs.d"));
  await Deno.mkdir(path("conf.d"));
  const children: Deno.ChildProcess[] = [];
  return {
    path,
    read(name) {
      try {
        return Deno.readTextFileSync(path(name));
      } catch {
        return undefined;
      }
    },
    start(env) {
      const child = new Deno.Command("sh", {
        args: [SCRIPT],
        env: {
          OWNER: "infra/berth",
          CERTS_DIR: path("certs.d"),
          CONTAINERD: "_default",
          CONF_DIR: path("conf.d"),
          CRIO: "",
          INTERVAL: "0.05",
          ...env,
        },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      children.push(child);
      return {
        async stop() {
          child.kill("SIGTERM");
          const { code, stdout, stderr } = await child.output();
          assert.equal(code, 0);
          return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        try {
          child.kill("SIGKILL");
        } catch { /* It has ended. */ }
        await child.status;
        await child.stdout.cancel().catch(() => {}); // `output()` may have it.
        await child.stderr.cancel().catch(() => {});
      }
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** What the Connect page has for a client and a registry, at `url`. */
function connectPage(id: string, host: string, url: string): string {
  const registry = {
    name: host,
    host,
    hostInNames: host.replace(/:\d+$/, ""),
    example: "",
    library: false,
  };
  const connect = {
    port: 8080,
    tls: false,
    publicUrl: url,
    signIn: false,
    defaultRegistry: "docker",
    registries: [registry],
  } as unknown as Parameters<typeof clientsFor>[0];
  const client: Client = clientsFor(connect).find((one) => one.id === id)!;
  const target = targetOf(connect, registry as unknown as Parameters<typeof targetOf>[1], url);
  return client.steps(target)[0]!.text;
}

const CRIO = ["docker.io", "quay.io", "own.example:5000"];

const words = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);

Deno.test({
  name: "nodes, writes what the Connect page says, and takes it back when told to stop",
  ignore,
  async fn() {
    await using one = await node();
    const hosts = "certs.d/_default/hosts.toml";
    const running = one.start({ HOST: "10.96.0.7", PORT: "8080", CRIO: CRIO.join(" ") });
    await until("both files", () => Promise.resolve(!!one.read("conf.d/berth.conf")));
    const url = "http://10.96.0.7:8080";
    const [mark, ...lines] = words(one.read(hosts)!);
    assert.equal(`${mark}\n`, MARK);
    const page = words(connectPage("containerd", "quay.io", url));
    assert.deepEqual(lines, [...page, 'dial_timeout = "3s"']);
    const mirrors = CRIO.flatMap((host) => words(connectPage("podman", host, url)));
    assert.deepEqual(words(one.read("conf.d/berth.conf")!).slice(1), mirrors);

    const said = await running.stop();
    assert.match(said, /wrote .*hosts\.toml[^]*removed .*hosts\.toml[^]*removed .*berth\.conf/);
    // The second file is there a moment before the line that says so, which the signal may prevent.
    assert.ok(said.match(/wrote/g)!.length <= 2, "nothing is written again and again");
    assert.deepEqual([...Deno.readDirSync(one.path("certs.d"))], []);
    assert.deepEqual([...Deno.readDirSync(one.path("conf.d"))], []);
  },
});

Deno.test({
  name: "nodes, leaves alone what somebody else wrote, and writes again what was removed",
  ignore,
  async fn() {
    await using one = await node();
    const [theirs, ours] = ["certs.d/quay.io/hosts.toml", "certs.d/_default/hosts.toml"];
    await Deno.mkdir(one.path("certs.d/quay.io"));
    await Deno.writeTextFile(one.path(theirs), "# Mine.\n");
    await Deno.writeTextFile(one.path("conf.d/berth.conf"), "# Of another release.\n");
    const running = one.start({
      URL: "https://berth.example",
      CONTAINERD: "quay.io _default",
      CRIO: "quay.io",
    });
    await until("the file", () => Promise.resolve(!!one.read(ours)));
    await Deno.remove(one.path(ours));
    await until("the file again", () => Promise.resolve(!!one.read(ours)));
    const said = await running.stop();
    assert.equal(said.match(/left alone, somebody else's: .*quay\.io/g)?.length, 1);
    assert.equal(one.read(theirs), "# Mine.\n");
    assert.equal(one.read("conf.d/berth.conf"), "# Of another release.\n");
    assert.equal(one.read(ours), undefined);
  },
});

Deno.test({
  name: "nodes, after a kill takes back what is no longer wanted, by URL and by IPv6",
  ignore,
  async fn() {
    await using one = await node();
    await Deno.mkdir(one.path("certs.d/old.example"));
    await Deno.writeTextFile(one.path("certs.d/old.example/hosts.toml"), `${MARK}old\n`);
    const running = one.start({ HOST: "fd00::7", PORT: "8080" });
    const read = () => one.read("certs.d/_default/hosts.toml");
    await until("the file", () => Promise.resolve(!!read()));
    assert.match(read()!, /^\[host\."http:\/\/\[fd00::7\]:8080"\]$/m);
    assert.equal(one.read("certs.d/old.example/hosts.toml"), undefined);
    await running.stop();
  },
});

Deno.test({
  name: "nodes, without an address it says so and writes nothing",
  ignore,
  async fn() {
    await using one = await node();
    const child = new Deno.Command("sh", {
      args: [SCRIPT],
      env: { OWNER: "a/b", HOST: "$(BERTH_SERVICE_HOST)", CERTS_DIR: one.path("certs.d") },
    });
    const { code, stdout } = await child.output();
    assert.equal(code, 1);
    assert.equal(
      new TextDecoder().decode(stdout),
      "the service has no cluster IP: set nodes.url\n",
    );
  },
});

Deno.test({
  name: "chart, nodes: the script, the service's address and two directories of the node",
  ignore: missing,
  async fn() {
    const found = await manifests({ nodes: { enabled: true, crio: { registries: ["quay.io"] } } });
    const { spec } = found.get("DaemonSet")!.spec.template;
    const [container] = spec.containers;
    const env = Object.fromEntries(
      container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    assert.deepEqual(env, {
      OWNER: "default/berth",
      HOST: "$(BERTH_SERVICE_HOST)",
      PORT: "8080",
      CERTS_DIR: "/node/certs.d",
      CONTAINERD: "_default",
      CONF_DIR: "/node/registries.conf.d",
      CRIO: "quay.io",
    });
    const paths = spec.volumes.map((volume: { hostPath?: { path: string } }) =>
      volume.hostPath?.path
    );
    assert.deepEqual(paths, [
      undefined,
      "/etc/containerd/certs.d",
      "/etc/containers/registries.conf.d",
    ]);
    assert.equal(spec.automountServiceAccountToken, false);
    assert.deepEqual(container.securityContext.capabilities, { drop: ["ALL"] });
    assert.deepEqual(spec.tolerations, [{ operator: "Exists" }]);
    assert.equal(found.get("ConfigMap")!.data["nodes.sh"], await Deno.readTextFile(SCRIPT));
    // No service, budget or policy takes its pods for Berth's.
    const labels = found.get("DaemonSet")!.spec.selector.matchLabels;
    assert.notDeepEqual(labels, found.get("Service")!.spec.selector);
    const [name] = Object.keys(found.get("Service")!.spec.selector);
    assert.notEqual(labels[name!], found.get("Service")!.spec.selector[name!]);
  },
});

Deno.test({
  name: "chart, nodes: what cannot work is refused in words",
  ignore: missing,
  async fn() {
    const refused: [unknown, RegExp][] = [
      [{ tls: { existingSecret: "tls" }, nodes: { enabled: true } }, /needs nodes\.url/],
      [{ nodes: { enabled: true, containerd: { registries: [] } } }, /needs nodes\.containerd/],
      [{ nodes: { enabled: true, url: "berth.example" } }, /nodes\.url|\/nodes\/url/],
      [{ nodes: { containerd: { registries: ["../etc"] } } }, /registries/],
      [{ nodes: { registries: ["quay.io"] } }, /registries/],
    ];
    for (const [given, words] of refused) await assert.rejects(render(given), words);
  },
});
