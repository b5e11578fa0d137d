/** The chart's DaemonSet on a node: containerd and Podman pull through Berth, and without it again. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { manifests, missing } from "../deploy/chart.ts";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { clientMachine } from "./harness/client_machine.ts";
import { buildImage } from "./harness/image.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";

/** Where the pod has the node's directories. */
const MOUNTS: Record<string, string> = {
  "/node/certs.d": "/etc/containerd/certs.d",
  "/node/registries.conf.d": "/etc/containers/registries.conf.d",
};

/** What the pod runs and with which variables; Kubernetes puts the service's address into them. */
async function container(crio: string[], service: string) {
  const nodes = { enabled: true, crio: { registries: crio } };
  const found = await manifests({ nodes, service: { ports: { registry: Number(service) } } });
  const [one] = found.get("DaemonSet")!.spec.template.spec.containers;
  const env = one.env.map(({ name, value }: { name: string; value: string }) =>
    [name, value.replace("$(BERTH_SERVICE_HOST)", "127.0.0.1")] as const
  );
  return { script: found.get("ConfigMap")!.data["nodes.sh"]!, env: Object.fromEntries(env) };
}

Deno.test({
  name: "nodes, pull through Berth, from the registry while it restarts, and after it has gone",
  ignore: missing,
  async fn() {
    await using scratch = await scratchDir("nodes");
    const image = await buildImage(join(scratch.path, "image"));
    await using registry = await startRegistry({ kind: "open" });
    for (const name of ["first", "second", "third", "fourth"]) {
      await seed(registry, `team/${name}`, image);
    }
    const settings = registrySettings(registry);
    await using berth = await startBerth({ registries: { own: settings, quay: settings } });
    const { host } = new URL(registry.url);
    const { script, env } = await container(["quay.io"], new URL(berth.url).port);
    const asked = async (name: string) => (await berth.output()).includes(`team/${name}`);

    await using machine = await clientMachine("berth.example");
    await machine.follow({ title: "", file: "/berth/nodes.sh", text: script });
    for (const [inside, outside] of Object.entries(MOUNTS)) {
      await machine.sh(`mkdir -p /node ${outside} && ln -s ${outside} ${inside}`);
    }
    const files = () => machine.sh(`find ${Object.values(MOUNTS).join(" ")} | sort`);
    const before = await files();
    const written = "/etc/containerd/certs.d/_default/hosts.toml";
    await machine.daemon("sh", ["-c", "echo $$ >/run/nodes.pid; exec sh /berth/nodes.sh"], {
      env,
      ready: `test -e ${written} && test -e /etc/containers/registries.conf.d/berth.conf`,
    });
    await machine.daemon("containerd", [], { ready: "ctr version" });
    const pull = (name: string) =>
      machine.sh(
        `ctr images pull --hosts-dir /etc/containerd/certs.d --snapshotter native ${host}/team/${name}:${image.tag}`,
      );

    await pull("first");
    assert.ok(await asked("first"));
    await machine.sh(`podman pull quay.io/team/second:${image.tag}`);
    assert.ok(await asked("second"));

    await berth.stop();
    await pull("third");
    await berth.restart();

    await machine.sh("kill $(cat /run/nodes.pid)");
    await until("the files have gone", async () => await files() === before);
    await pull("fourth");
    assert.equal(await asked("fourth"), false);
  },
});
