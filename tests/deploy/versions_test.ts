import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { filesIn, text, values } from "./files.ts";

const WORKFLOWS = filesIn(".github/workflows", ".yml");

Deno.test("versions, every file means the same Deno", () => {
  const places: [file: string, pattern: RegExp][] = [
    [".ci/run", /deno@(\d+\.\d+\.\d+)/g],
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
