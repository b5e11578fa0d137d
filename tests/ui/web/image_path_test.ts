import assert from "node:assert/strict";
import { imagePath, parseName } from "../../../ui/web/image_path.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

Deno.test("imagePath, parseName gets back what was named", () => {
  for (
    const [repository, reference] of [
      ["library/alpine", "3.22"],
      ["app", "latest"],
      ["a/b/c", DIGEST],
      ["team/app", "v1_2-x.y"],
    ] as const
  ) {
    const path = imagePath({ registry: "docker", repository, reference });
    const [, registry, name] = /^\/cache\/images\/([^/]+)\/(.*)$/.exec(path)!;
    assert.equal(registry, "docker");
    assert.deepEqual(parseName(decodeURIComponent(name!)), { repository, reference }, path);
  }
});

Deno.test("imagePath, a digest stays readable", () => {
  assert.equal(
    imagePath({ registry: "quay", repository: "org/app", reference: DIGEST }),
    `/cache/images/quay/org/app%40${DIGEST}`,
  );
});

Deno.test("parseName, a name without a reference is its latest", () => {
  assert.deepEqual(parseName("library/alpine"), {
    repository: "library/alpine",
    reference: "latest",
  });
});
