import assert from "node:assert/strict";
import { join } from "node:path";
import { makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startLab } from "./harness/lab.ts";
import { podmanStore } from "./harness/podman.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, skopeoPull } from "./harness/skopeo.ts";

Deno.test("TLS, clients that trust Berth's authority pull, others do not", async (t) => {
  await using scratch = await scratchDir("tls");
  const at = (name: string) => join(scratch.path, name);
  const authority = await makeAuthority(scratch.path);
  const server = await makeServerCertificate(scratch.path, authority);
  await using lab = await startLab({
    tls: { cert_file: server.certFile, key_file: server.keyFile },
  });
  const { berth, image } = lab;
  const name = `${berth.host}/ghcr.io/team/app:${image.tag}`;
  // containers-certs.d(5): the directory holds what to trust, and nothing else here.
  await Deno.mkdir(at("trusted"));
  await Deno.copyFile(authority.certFile, at("trusted/ca.crt"));
  await Deno.mkdir(at("empty"));

  await t.step("skopeo", async () => {
    await skopeoPull(name, at("pulled"), ["--src-cert-dir", at("trusted")]);
    assert.deepEqual(await layoutDigests(at("pulled")), image.digests);
    const stranger = skopeoPull(name, at("refused"), ["--src-cert-dir", at("empty")]);
    await assert.rejects(stranger, /certificate signed by unknown authority/);
  });
  await t.step("podman", async () => {
    await using store = await podmanStore();
    await store.podman("pull", "--quiet", "--cert-dir", at("trusted"), name);
    await store.holds(name, image.platforms.amd64);
  });
  await t.step("containerd", async () => {
    await using containerd = await startContainerd([
      { namespace: "ghcr.io", host: berth.url, caFile: authority.certFile },
    ]);
    await containerd.pull(`ghcr.io/team/app:${image.tag}`);
    const content = await containerd.content();
    for (const digest of image.platforms.amd64.layers) assert.ok(content.has(digest), digest);
  });
});
