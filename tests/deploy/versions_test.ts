import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { filesIn, text, values } from "./files.ts";

const WORKFLOWS = filesIn(".github/workflows", ".yml");

Deno.test("versions, every file means the same Deno", () => {
  const places: [file: string, pattern: RegExp][] = [
    [".ci/run", /deno@(\d+\.\d+\.\d+)/g],
    ["CONTRIBUTING.md", /deno@(\d+\.\d+\.\d+)/g],
    ["README.md", /deno@(\d+\.\d+\.\d+)/g],
    ["Dockerfile", /denoland\/deno:(\d+\.\d+\.\d+)/g],
    ...WORKFLOWS.map((file): [string, RegExp] => [file, /deno-version: (\d+\.\d+\.\d+)/g]),
  ];
  const found = places.flatMap(([file, pattern]) => {
    const versions = [...text(file).matchAll(pattern)].map(([, version]) => version!);
    assert.notEqual(versions.length, 0, file);
    return versions;
  });
  assert.equal(new Set(found).size, 1, found.join(", "));
});

Deno.test("versions, the chart's application is this one", () => {
  const { appVersion } = values("deploy/helm/berth/Chart.yaml") as { appVersion: string };
  assert.equal(appVersion, deno.version);
});

Deno.test("versions, actions are pinned by hash, with the version beside it", () => {
  for (const file of WORKFLOWS) {
    const uses = [...text(file).matchAll(/uses: (.*)/g)].map(([, action]) => action!);
    assert.notEqual(uses.length, 0, file);
    for (const action of uses) {
      assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, `${file}: ${action}`);
    }
  }
});

Deno.test("versions, images are never the latest", () => {
  const bases = [...text("Dockerfile").matchAll(/^FROM (?:--\S+ )?(\S+)/gm)].map(([, base]) =>
    base
  );
  for (const base of bases) assert.match(base!, /:[\w.-]+@sha256:[0-9a-f]{64}$/);
  const compose = values("compose.yaml") as { services: Record<string, { image: string }> };
  for (const { image } of Object.values(compose.services)) {
    assert.match(image, /:(v?\d+\.\d+\.\d+|local)$/);
  }
});

Deno.test("versions, what docs/releases.md says is tested is what .ci/run installs", () => {
  const [ci, page] = [text(".ci/run"), text("docs/releases.md")];
  const installed = new Map(
    [...ci.matchAll(/\/cmd\/([\w-]+)(?:@| \S+ )v([\d.]+)/g)].map(([, name, version]) =>
      [name!, version!] as const
    ),
  );
  installed.set("Valkey", /version=([\d.]+)\.post/.exec(ci)![1]!);
  for (const name of ["crane", "oras", "regctl", "olareg", "versitygw", "helm", "Valkey"]) {
    assert.ok(page.includes(`${name} ${installed.get(name)}`), `${name} ${installed.get(name)}`);
  }
  const kubernetes = /ours = \[(.*?)\]/.exec(ci)![1]!.match(/\d+\.\d+/g)!;
  assert.deepEqual(kubernetes.length, 3);
  const sentence = `${kubernetes[0]}, ${kubernetes[1]} and ${kubernetes[2]}`;
  for (const file of ["docs/releases.md", "docs/kubernetes.md"]) {
    assert.ok(text(file).includes(sentence), `${file}: ${sentence}`);
  }
});
