import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../proxy/config/load.ts";
import { CHART, manifests, missing, render, run, tool } from "./chart.ts";
import { filesIn, text, values } from "./files.ts";

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
    nodes: { enabled: true, url: "https://berth.example", crio: { registries: ["quay.io"] } },
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
    nodes: { enabled: true, seLinuxOptions: { type: "spc_t" } },
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
        assert.match(summary, /Valid: ([5-9]|1[01]), Invalid: 0, Errors: 0, Skipped: [02]/);
      },
    });
  }
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
    assert.deepEqual(
      ["startupProbe", "livenessProbe", "readinessProbe"].map((it) => container[it].httpGet.path),
      ["/livez", "/livez", "/readyz"],
    );
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
      [{ persistence: { sise: "1Gi" } }, /sise/],
      [{ nodes: { containerd: { registry: ["quay.io"] } } }, /registry/],
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

Deno.test({
  name: "chart, what the dashboard changes is kept on the volume, beside a file that is read-only",
  ignore: missing,
  async fn() {
    const found = await manifests({});
    const { spec } = found.get("StatefulSet")!;
    const [container] = spec.template.spec.containers;
    assert.deepEqual(container.volumeMounts, [
      { name: "data", mountPath: "/data" },
      { name: "config", mountPath: "/etc/berth", readOnly: true },
    ]);
    assert.equal(spec.volumeClaimTemplates[0].metadata.name, "data");
    const config = parse(found.get("ConfigMap")!.data["config.yaml"]!);
    assert.equal(config.cache.dir, "/data"); // overlay.yaml is there.
  },
});

/** What `helm install` prints; helm renders it for nobody else, so it becomes a ConfigMap here. */
async function notes(given: unknown): Promise<string> {
  const dir = await Deno.makeTempDir();
  try {
    for (const file of filesIn(CHART, "")) {
      await Deno.mkdir(dirname(join(dir, file)), { recursive: true });
      await Deno.writeTextFile(join(dir, file), text(file));
    }
    const templates = join(dir, CHART, "templates");
    const words = text(`${CHART}/templates/NOTES.txt`);
    await Deno.writeTextFile(
      join(templates, "notes.yaml"),
      `{{- define "notes" }}${words}{{- end }}\nkind: Notes\ntext: {{ include "notes" . | toJson }}\n`,
    );
    const rendered = parseAllDocuments(await render(given, "1.31.0", join(dir, CHART)));
    return rendered.map((one) => one.toJS()).find(({ kind }) => kind === "Notes").text;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test({
  name: "chart, the notes say the next three steps, for the values that are given",
  ignore: missing,
  async fn() {
    const plain = await notes({});
    assert.deepEqual(plain.match(/^\d\. .*/gm), [
      "1. Wait for it, and ask it for an image:",
      "2. Open the dashboard:",
      "3. Point clients here. The registry API is at",
    ]);
    assert.match(plain, /rollout status statefulset\/berth\n/);
    assert.match(plain, /inspect --tls-verify=false docker:\/\/berth\.default\.svc:8080\//);
    assert.match(plain, /logs berth-0 \| grep password/);
    assert.match(plain, /--set nodes\.enabled=true/);

    const several = await notes({ ...SEVERAL, tls: { existingSecret: "tls" } });
    assert.match(several, /rollout status deployment\/berth\n/);
    assert.match(several, /inspect docker:\/\/berth/);
    assert.doesNotMatch(several, /grep password/);
    assert.match(several, /no depot/);

    const nodes = await notes({ nodes: { enabled: true } });
    assert.match(nodes, /rollout status daemonset\/berth-nodes/);
    assert.doesNotMatch(nodes, /nodes\.enabled/);
  },
});

/** Every value that is not a table of values itself, by its path; what maps are free in is one. */
function leaves(value: object, path: string[], schema: Schema): [string, unknown][] {
  return Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
    const at = [...path, key];
    const below = schema.properties![key]!;
    const closed = below.additionalProperties === false;
    return closed ? leaves(one as object, at, below) : [[at.join("."), one]];
  });
}

Deno.test("chart, docs/kubernetes.md has every value with its default", () => {
  const schema = values(`${CHART}/values.schema.json`) as Schema;
  const all = leaves(values(`${CHART}/values.yaml`) as object, [], schema);
  const table = text("docs/kubernetes.md").split("## The chart's values")[1]!;
  const rows = [...table.matchAll(/^\| `([\w.]+)` +\| `(.*?)` +\|/gm)];
  assert.deepEqual(
    rows.map(([, path, value]) => [path, JSON.parse(value!)]),
    all,
  );
});

Deno.test("chart, its image and its own place are those that the workflow pushes to", () => {
  const release = text(".github/workflows/release.yml");
  const { image } = values(`${CHART}/values.yaml`) as { image: { repository: string } };
  const [, owner, name] = /^ghcr\.io\/([\w-]+)\/([\w-]+)$/.exec(image.repository)!;
  // One source: the workflow stops where the repository's name is not the chart's image.
  assert.ok(release.includes('IMAGE: "ghcr.io/${{ github.repository }}"'));
  assert.ok(release.includes(`.image.repository ${CHART}/values.yaml`));
  assert.ok(release.includes("charts=ghcr.io/${GITHUB_REPOSITORY_OWNER,,}/charts"));
  assert.ok(text("docs/kubernetes.md").includes(`oci://ghcr.io/${owner}/charts/${name} `));
});

Deno.test({
  name: "chart, docs show values that it takes, and a configuration that is valid",
  ignore: missing,
  async fn() {
    const blocks = [
      ...text("docs/kubernetes.md").matchAll(/^```yaml\n(.*?)^```/gms),
      ...text("docs/replicas.md").matchAll(/--values - <<EOF\n(.*?)^EOF/gms),
      ...text("docs/depot.md").matchAll(/^```yaml\n(persistence:.*?)^```/gms),
    ];
    assert.ok(blocks.length >= 4);
    for (const [, block] of blocks) {
      const found = await manifests(parse(block!));
      const config = parse(found.get("ConfigMap/berth")!.data["config.yaml"]!);
      delete config.admin.password_hash_file; // The Secret's.
      delete config.cluster;
      const dir = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(join(dir, "config.yaml"), JSON.stringify(config));
        const result = await loadConfig({ args: [], env: { HUB_PASSWORD: "x" }, cwd: dir });
        assert.deepEqual("problems" in result ? result.problems : [], []);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    }
  },
});
