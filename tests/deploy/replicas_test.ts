import assert from "node:assert/strict";
import { join } from "node:path";
import { filesIn, text, values } from "./files.ts";

const DIR = "deploy/replicas";

interface Service {
  hostname?: string;
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  depends_on?: Record<string, unknown>;
}

const { services } = values(`${DIR}/compose.yaml`, { merge: true }) as {
  services: Record<string, Service>;
};

Deno.test("compose file of the replicas, three alike, and files that are there", () => {
  const three = ["berth-1", "berth-2", "berth-3"].map((name) => services[name]!);
  for (const { hostname: _, ...service } of three) {
    const { hostname: __, ...first } = three[0]!;
    assert.deepEqual(service, first);
    assert.deepEqual(Object.keys(service.depends_on!), ["valkey", "s3"]);
    assert.equal(service.ports, undefined, "clients come by way of nginx");
  }
  assert.deepEqual(three.map(({ hostname }) => hostname), ["berth-1", "berth-2", "berth-3"]);
  for (const volume of Object.values(services).flatMap(({ volumes = [] }) => volumes)) {
    const [from = ""] = volume.split(":");
    if (from.startsWith("./")) assert.ok(filesIn(DIR, "").includes(join(DIR, from)), from);
  }
});

Deno.test("compose file of the replicas, nginx knows all three and nothing of the peers' port", () => {
  const conf = text(`${DIR}/nginx.conf`);
  for (const port of [8080, 8081]) {
    const known = [...conf.matchAll(new RegExp(`server (berth-\\d):${port} `, "g"))];
    assert.deepEqual(known.map(([, name]) => name), ["berth-1", "berth-2", "berth-3"]);
  }
  assert.doesNotMatch(conf.replaceAll(/#.*/g, ""), /8082/);
});

Deno.test("compose file of the replicas, docs/replicas.md says for how long nginx leaves one out", () => {
  const waits = [...text(`${DIR}/nginx.conf`).matchAll(/fail_timeout=(\d+)s;/g)];
  const [, said] = /leaves one out for (\d+) seconds/.exec(
    text("docs/replicas.md").replaceAll(/\s+/g, " "),
  )!;
  assert.deepEqual(waits.map(([, seconds]) => seconds), Array(6).fill(said));
});

Deno.test("compose file of the replicas, berth.yaml is a configuration that is valid", async () => {
  const { environment = {} } = services["berth-1"]!;
  const env = Object.fromEntries(Object.keys(environment).map((name) => [name, "x".repeat(20)]));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "-A",
      "main.ts",
      "config",
      "check",
      "--config",
      `${DIR}/berth.yaml`,
    ],
    env: { ...env, BERTH_ADMIN_PASSWORD_HASH: HASH, BERTH_CACHE_DIR: "/data" },
    cwd: join(import.meta.dirname!, "..", ".."),
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
});

const HASH = "$2y$10$abcdefghijklmnopqrstuuK9kq1Yq5Yq5Yq5Yq5Yq5Yq5Yq5Yq5Y2";
