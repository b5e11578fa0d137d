import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Document, parse, parseAllDocuments } from "yaml";
import { filesIn, text, values } from "./files.ts";

const CHART = "deploy/helm/berth";

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
}

/** Holds the keys of the values against those of the schema, wherever the schema lists all. */
function compare(found: unknown, schema: Schema, path: string): void {
  if (schema.additionalProperties !== false || !schema.properties) return;
  const keys = Object.keys(found as object).toSorted();
  const known = Object.keys(schema.properties).filter((key) => key !== "global").toSorted();
  assert.deepEqual(keys, known, path || "values.yaml");
  for (const key of keys) {
    compare((found as Record<string, unknown>)[key], schema.properties[key]!, `${path}.${key}`);
  }
}

Deno.test("chart, values.yaml and its schema have the same keys", () => {
  compare(values(`${CHART}/values.yaml`), values(`${CHART}/values.schema.json`) as Schema, "");
});

Deno.test("chart, templates use values that exist", () => {
  const all = values(`${CHART}/values.yaml`);
  const files = [".yaml", ".tpl", ".txt"].flatMap((end) => filesIn(`${CHART}/templates`, end));
  for (const file of files) {
    for (const [, path = ""] of text(file).matchAll(/\.Values\.([\w.]+)/g)) {
      let value: unknown = all;
      for (const key of path.split(".")) {
        assert.ok(Object.hasOwn(value as object, key), `${file}: .Values.${path}`);
        value = (value as Record<string, unknown>)[key];
      }
    }
  }
});

const path = (Deno.env.get("PATH") ?? "").split(":");
const tool = (name: string) => path.map((dir) => join(dir, name)).find((file) => existsSync(file));
const missing = !["helm", "kubeconform", "kubernetes-schemas"].every(tool);

async function run(command: string, args: string[], input = ""): Promise<string> {
  const cwd = new URL(`../../${CHART}`, import.meta.url);
  const child = new Deno.Command(command, {
    args,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const [out, bad] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${bad}${out}`);
  return out!;
}

/** The manifests of the chart with `given` values, for a version of Kubernetes. */
function render(given: unknown, version = "1.31.0"): Promise<string> {
  const args = ["template", "berth", ".", "--kube-version", version, "--values", "-"];
  return run("helm", args, JSON.stringify(given));
}

const SEVERAL = {
  replicas: 3,
  cluster: { url: "redis://valkey:6379", existingSecret: "berth-cluster" },
  admin: { existingSecret: "berth-dashboard" },
};
const MONITORED = {
  serviceMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  grafanaDashboard: { enabled: true },
};
const SETS: Record<string, unknown> = {
  "as it stands": {},
  "one replica with everything": {
    ...MONITORED,
    tls: { existingSecret: "tls" },
    forward: { enabled: true },
    ingress: { enabled: true, className: "nginx", tls: [{ secretName: "tls", hosts: ["a.b"] }] },
    networkPolicy: { enabled: true, registryFrom: [{ ipBlock: { cidr: "10.0.0.0/8" } }] },
    service: { type: "NodePort", nodePort: 30080 },
    persistence: { storageClass: "fast", annotations: { a: "b" } },
    env: [{ name: "A", value: "b" }],
  },
  "one replica on a claim that is there": { persistence: { existingClaim: "mine" } },
  "three replicas with a volume each": SEVERAL,
  "three replicas on the nodes' disks, with a depot": {
    ...SEVERAL,
    persistence: { enabled: false, size: "20Gi" },
    envFrom: [{ secretRef: { name: "berth-s3" } }],
    config: { cache: { max_size: "18GiB", depot: { url: "s3://berth/prod" } } },
  },
  "five replicas with everything": {
    ...SEVERAL,
    ...MONITORED,
    replicas: 5,
    cluster: { existingSecret: "berth-cluster", urlKey: "url" },
    forward: { enabled: true },
    networkPolicy: { enabled: true },
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [{
      topologyKey: "a",
      maxSkew: 1,
      whenUnsatisfiable: "DoNotSchedule",
    }],
    env: [{ name: "A", value: "b" }],
  },
};

for (const [name, given] of Object.entries(SETS)) {
  for (const version of ["1.27.0", "1.31.0", "1.37.0"]) {
    Deno.test({
      name: `chart, ${name}: what Kubernetes ${version} takes`,
      ignore: missing,
      async fn() {
        const schemas = `${tool("kubernetes-schemas")}/v${version}`;
        const location = `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`;
        // Those two are the Prometheus operator's.
        const skip = "ServiceMonitor,PrometheusRule";
        const args = ["-strict", "-summary", "-schema-location", location, "-skip", skip];
        const summary = await run("kubeconform", args, await render(given, version));
        assert.match(summary, /Valid: [5-9], Invalid: 0, Errors: 0, Skipped: [02]/);
      },
    });
  }
}

interface Manifest {
  kind: string;
  // deno-lint-ignore no-explicit-any
  spec: any;
  data: Record<string, string>;
}

async function manifests(given: unknown): Promise<Map<string, Manifest>> {
  const documents = parseAllDocuments(await render(given)) as Document[];
  const all = documents.map((document) => document.toJS() as Manifest);
  return new Map(all.map((manifest) => [manifest.kind, manifest]));
}

Deno.test({
  name: "chart, several replicas: apart, with their own addresses, and a port for each other alone",
  ignore: missing,
  async fn() {
    const found = await manifests(SETS["three replicas on the nodes' disks, with a depot"]);
    assert.equal(found.has("StatefulSet"), false);
    const { spec } = found.get("Deployment")!;
    assert.deepEqual([spec.replicas, spec.strategy.rollingUpdate.maxUnavailable], [3, 0]);
    const [container] = spec.template.spec.containers;
    assert.equal(container.env[0].valueFrom.fieldRef.fieldPath, "status.podIP");
    assert.ok(spec.template.spec.affinity.podAntiAffinity);
    assert.deepEqual(spec.template.spec.volumes.at(-1).emptyDir, { sizeLimit: "20Gi" });
    assert.equal(found.get("PodDisruptionBudget")!.spec.maxUnavailable, 1);
    const rules = found.get("NetworkPolicy")!.spec.ingress;
    assert.deepEqual(rules.at(-1).ports, [{ port: "peers" }]);
    assert.deepEqual(rules.at(-1).from, [{ podSelector: spec.selector }]);
    assert.deepEqual(rules[0], { ports: [{ port: "registry" }, { port: "admin" }] });
    const config = parse(found.get("ConfigMap")!.data["config.yaml"]!);
    assert.deepEqual(config.cluster, {
      listen: ":8082",
      secret_file: "/run/secrets/berth-cluster/secret",
      url: "redis://valkey:6379",
    });
  },
});

Deno.test({
  name: "chart, values that cannot work are refused in words",
  ignore: missing,
  async fn() {
    const refused: [unknown, RegExp][] = [
      [{ replicas: 3 }, /replicas: 3 needs cluster\.url/],
      [{ ...SEVERAL, cluster: { url: "redis://v" } }, /needs cluster\.existingSecret/],
      [{ ...SEVERAL, cluster: { existingSecret: "s" } }, /needs cluster\.url/],
      [{ cluster: SEVERAL.cluster }, /needs admin\.existingSecret/],
      [{ ...SEVERAL, persistence: { existingClaim: "c" } }, /existingClaim do not go together/],
      [{ replcas: 3 }, /replcas/],
      [{ replicas: "three" }, /replicas/],
      [{ ...SEVERAL, cluster: { url: "http://valkey" } }, /cluster/],
      [{ config: { cluster: { url: "redis://v" } } }, /cluster/],
    ];
    for (const [given, words] of refused) await assert.rejects(render(given), words);
  },
});

Deno.test({
  name: "chart, helm lints it",
  ignore: missing,
  async fn() {
    await run("helm", ["lint", "--strict", "."]);
  },
});
