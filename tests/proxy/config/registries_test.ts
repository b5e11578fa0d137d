import assert from "node:assert/strict";
import { changedRegistries } from "../../../proxy/config/registries.ts";
import { loaded, loadYaml } from "./fixture.ts";

const changed = async (yaml: string) =>
  changedRegistries(loaded(await loadYaml(yaml)).config.registries);

Deno.test("changedRegistries, what the operator has a say in", async () => {
  assert.deepEqual(await changed("listen: ':1'"), []);
  assert.deepEqual(
    await changed(`
registries:
  docker: { url: "https://registry-1.docker.io", aliases: [docker.io, index.docker.io] }
  quay: { auth: { username: me, password: secret } }
  ghcr: { url: "https://mirror.example" }
  hub: { url: "https://hub.example", aliases: [gcr.io] }
`),
    ["ghcr", "quay", "hub"],
  );
});

Deno.test("changedRegistries, the shipped file changes nothing", async () => {
  const shipped = await Deno.readTextFile(new URL("../../../config.yaml", import.meta.url));
  assert.deepEqual(await changed(shipped), []);
});
