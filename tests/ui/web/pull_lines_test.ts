import assert from "node:assert/strict";
import type { ConnectRegistry } from "../../../ui/api/schema/connect.ts";
import { addressOfImage, pullLines } from "../../../ui/web/pull_lines.ts";
import type { Target } from "../../../ui/web/snippets.ts";

const DIGEST = `sha256:${"b".repeat(64)}`;

function target(tls: boolean, isDefault: boolean, repoPrefix = ""): Target {
  const registry: ConnectRegistry = {
    name: "quay",
    host: "quay.io",
    hostInNames: "quay.io",
    aliases: [],
    library: false,
    hosts: [],
    repoPrefix,
    example: "",
  };
  const url = tls ? "https://berth.example" : "http://berth:8080";
  return {
    url,
    authority: new URL(url).host,
    tls,
    signIn: false,
    registry,
    isDefault,
    proxyUrl: "",
    opened: false,
    opens: false,
  };
}

Deno.test("addressOfImage, by the default registry, by host, by digest, beneath a prefix", () => {
  for (
    const [at, repository, reference, expected] of [
      [target(true, true), "library/alpine", "3.22", "berth.example/library/alpine:3.22"],
      [target(true, false), "org/app", "v1", "berth.example/quay.io/org/app:v1"],
      [target(false, false), "org/app", DIGEST, `berth:8080/quay.io/org/app@${DIGEST}`],
      [target(true, false, "acme"), "acme/app", "v1", "berth.example/quay.io/app:v1"],
    ] as const
  ) assert.equal(addressOfImage(at, repository, reference), expected);
});

Deno.test("pullLines, every client has the address; plain HTTP is said where a flag says it", () => {
  const lines = (tls: boolean) =>
    Object.fromEntries(
      pullLines(target(tls, false), "org/app", "v1").map(({ client, text }) => [client, text]),
    );
  const secure = lines(true);
  assert.deepEqual(Object.keys(secure), [
    "Docker",
    "containerd: nerdctl",
    "containerd: ctr",
    "containerd: crictl",
    "Podman",
    "skopeo",
    "Trivy",
  ]);
  for (const text of Object.values(secure)) {
    assert.match(text, /berth\.example\/quay\.io\/org\/app:v1$/);
    assert.doesNotMatch(text, /--|TRIVY_/);
  }
  const plain = lines(false);
  assert.equal(plain["Podman"], "podman pull --tls-verify=false berth:8080/quay.io/org/app:v1");
  assert.equal(
    plain["containerd: ctr"],
    "sudo ctr images pull --plain-http berth:8080/quay.io/org/app:v1",
  );
  assert.match(plain["Trivy"]!, /^TRIVY_NON_SSL=true trivy image /);
});
