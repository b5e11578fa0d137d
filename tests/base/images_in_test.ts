import assert from "node:assert/strict";
import { imagesIn, NoImages } from "../../base/images_in.ts";

const POD = {
  spec: { initContainers: [{ image: "busybox:1" }], containers: [{ image: "a/b:2" }] },
};
const STATUS = { containerStatuses: [{ image: "sha256:12", imageID: "docker.io/a/b@sha256:34" }] };

Deno.test("imagesIn, lists, manifests, kubectl's output, compose files, templates", () => {
  const list = JSON.stringify({ kind: "List", items: [{ ...POD, status: STATUS }, POD] });
  const deployment = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n" +
    "        - name: web\n          image: nginx:1.27\n";
  const rows: [string, string, string[]][] = [
    ["a list", "# of ours\nnginx:1.27\n\nquay.io/org/app@sha256:ab # pinned\nnginx:1.27\n", [
      "nginx:1.27",
      "quay.io/org/app@sha256:ab",
    ]],
    ["one image", "nginx:1.27", ["nginx:1.27"]],
    ["a list in YAML", "- nginx:1.27\n- redis\n", ["nginx:1.27", "redis"]],
    ["kubectl, JSON", list, ["busybox:1", "a/b:2"]],
    ["manifests", `${deployment}---\n# nothing\n---\n${deployment.replace("nginx", "redis")}`, [
      "nginx:1.27",
      "redis:1.27",
    ]],
    [
      "a CronJob",
      JSON.stringify({ spec: { jobTemplate: { spec: { template: POD } } } }),
      ["busybox:1", "a/b:2"],
    ],
    ["compose", "services:\n  web: { image: nginx:1.27 }\n  own: { build: . }\n", ["nginx:1.27"]],
  ];
  for (const [title, text, images] of rows) assert.deepEqual(imagesIn(text), images, title);
});

Deno.test("imagesIn, what names no image says what was expected", () => {
  const rows: [string, RegExp][] = [
    ["", /no image found; expected Kubernetes manifests/],
    ["# only a comment\n", /no image found/],
    ["kind: ConfigMap\ndata: { image: nginx }\n", /no image found/],
    ["nginx:1.27\nthis is no image\n", /line 2: found "this is no image", expected an image/],
    ["<html>\n", /line 1: found "<html>"/],
  ];
  for (const [text, message] of rows) {
    assert.throws(() => imagesIn(text), (error) => {
      assert.ok(error instanceof NoImages, text);
      assert.match(error.message, message);
      return true;
    });
  }
});
