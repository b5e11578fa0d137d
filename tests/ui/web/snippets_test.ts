import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import type { Connect, ConnectRegistry } from "../../../ui/api/schema/connect.ts";
import { CONNECT as PLAIN, DOCKER } from "../../fake/connect.ts";
import { clientsFor, serverUrl, signInNote, targetOf } from "../../../ui/web/snippets.ts";

const QUAY: ConnectRegistry = {
  ...DOCKER,
  name: "quay",
  host: "quay.io",
  hostInNames: "quay.io",
  library: false,
  example: "org/app:1",
};
const CONNECT: Connect = { ...PLAIN, registries: [DOCKER, QUAY] };

/** Everything that is to be typed for `client`. */
function textsOf(client: string, registry: ConnectRegistry, url: string, connect = CONNECT) {
  const found = clientsFor(connect).find(({ id }) => id === client)!;
  const target = targetOf(connect, registry, url);
  return [...found.steps(target).map(({ text }) => text), found.test(target)];
}

Deno.test("serverUrl, public_url, else the browser's host with the registry's port", () => {
  assert.equal(serverUrl(CONNECT, "berth"), "http://berth:8080");
  assert.equal(serverUrl({ ...CONNECT, tls: true, port: 443 }, "berth"), "https://berth");
  assert.equal(serverUrl({ ...CONNECT, publicUrl: "https://b.example" }, "x"), "https://b.example");
});

Deno.test("snippets, Docker: a mirror for the default registry, names for the others", () => {
  assert.deepEqual(textsOf("docker", DOCKER, "http://berth:8080"), [
    '{\n  "registry-mirrors": ["http://berth:8080"],\n  "insecure-registries": ["berth:8080"]\n}',
    "sudo systemctl reload docker",
    "docker pull alpine:latest",
  ]);
  assert.deepEqual(textsOf("docker", QUAY, "http://berth:8080"), [
    '{\n  "insecure-registries": ["berth:8080"]\n}',
    "sudo systemctl reload docker",
    "docker pull berth:8080/quay.io/org/app:1",
  ]);
  assert.deepEqual(textsOf("docker", QUAY, "https://berth.example/"), [
    "docker pull berth.example/quay.io/org/app:1",
  ]);
});

Deno.test("snippets, containerd and kind: hosts.toml by the registry's host", () => {
  const [hosts] = textsOf("containerd", QUAY, "https://berth.example");
  assert.match(hosts!, /^\[host\."https:\/\/berth\.example"\]/);
  assert.equal(textsOf("kind", QUAY, "https://berth.example")[0], hosts);
  const [, config, restart] = textsOf("containerd", QUAY, "https://berth.example");
  assert.match(config!, /^version = 3\n/, "without one containerd passes over the table");
  assert.match(restart!, /restart containerd$/);
});

Deno.test("snippets, Podman: a mirror by prefix, insecure only without TLS", () => {
  const [plain] = textsOf("podman", QUAY, "http://berth:8080");
  assert.match(plain!, /location = "berth:8080\/quay\.io"\ninsecure = true/);
  const [tls] = textsOf("podman", QUAY, "https://berth.example");
  assert.doesNotMatch(tls!, /insecure/);
});

Deno.test("snippets, a registry's port is left out behind this server's address alone", () => {
  const own = { ...QUAY, host: "own.example:5000", hostInNames: "own.example" };
  const texts = (id: string) => textsOf(id, own, "http://berth:8080").join("\n");
  assert.match(texts("docker"), /^docker pull berth:8080\/own\.example\/org\/app:1$/m);
  assert.match(
    texts("openshift"),
    /source: own\.example:5000\n +mirrors: \["berth:8080\/own\.example"\]/,
  );
  assert.match(
    texts("podman"),
    /^location = "own\.example:5000"[^]*^location = "berth:8080\/own\.example"$/m,
  );
  assert.match(texts("containerd"), /images pull .* own\.example:5000\/org\/app:1$/m);
});

Deno.test("snippets, Helm and ORAS: version and plain HTTP", () => {
  const [text] = textsOf("helm", QUAY, "http://berth:8080");
  assert.equal(
    text,
    "helm pull oci://berth:8080/quay.io/org/chart --version 1.2.3 --plain-http\n" +
      "oras copy berth:8080/quay.io/org/app:1 --from-plain-http --to-oci-layout copied",
  );
});

Deno.test("snippets, every client names this server or its proxy", () => {
  const connect = { ...CONNECT, forward: { port: 3128, intercept: [] } };
  for (const { id } of clientsFor(connect)) {
    const texts = textsOf(id, QUAY, "http://berth:8080", connect).join("\n");
    assert.match(texts, id === "proxy" ? /http:\/\/berth:3128/ : /berth:8080/, id);
  }
});

Deno.test("clientsFor, the proxy only where it listens", () => {
  assert.equal(clientsFor(CONNECT).some(({ id }) => id === "proxy"), false);
});

Deno.test("snippets, HTTPS proxy: a CA where TLS is opened, a login where there are users", () => {
  const opening = { ...CONNECT, forward: { port: 3128, intercept: ["docker"] } };
  const last = (connect: Connect) =>
    textsOf("proxy", DOCKER, "https://berth.example", connect).at(-2);
  assert.equal(
    last(opening),
    "curl -so berth.crt http://berth.example:3128/ca.crt\n" +
      "HTTPS_PROXY=http://berth.example:3128 SSL_CERT_FILE=berth.crt " +
      "skopeo inspect docker://docker.io/library/alpine:latest",
  );
  assert.equal(
    last({ ...CONNECT, signIn: true, forward: { port: 3128, intercept: [] } }),
    "HTTPS_PROXY=http://name:password@berth.example:3128 " +
      "skopeo inspect docker://docker.io/library/alpine:latest",
  );
  const [first] = textsOf("proxy", DOCKER, "http://berth", { ...opening, signIn: true });
  assert.match(first!, /\| sudo BERTH_LOGIN=name:password sh$/);
  const proxy = clientsFor(opening).at(-1)!;
  const note = (registry: ConnectRegistry) => proxy.note(targetOf(opening, registry, "http://b"));
  assert.doesNotMatch(note(DOCKER), /intercept/);
  assert.match(note(QUAY), /quay\.io passes through .* add quay to forward\.intercept/);
});

Deno.test("signInNote, only where pulling needs it, and as the client signs in", () => {
  const target = targetOf(CONNECT, QUAY, "http://berth:8080");
  const [first, ...others] = clientsFor({ ...CONNECT, forward: { port: 1, intercept: [] } });
  assert.equal(signInNote(first!, target), "");
  assert.match(signInNote(first!, { ...target, signIn: true }), /docker login berth:8080/);
  assert.match(signInNote(others.at(-1)!, { ...target, signIn: true }), /for name:password\./);
});

Deno.test("snippets, files in YAML and JSON are such, and for this server", () => {
  let count = 0;
  for (const client of clientsFor(CONNECT)) {
    for (const { file, text } of client.steps(targetOf(CONNECT, QUAY, "http://berth:8080"))) {
      if (!/\.(ya?ml|json)$/.test(file)) continue;
      count++;
      assert.doesNotThrow(
        () => parseAllDocuments(text).map((one) => one.toJS()),
        `${client.id}\n${text}`,
      );
      assert.ok(!parseAllDocuments(text).some(({ errors }) => errors.length > 0), client.id);
    }
  }
  assert.ok(count > 8, `${count} files`);
});

Deno.test("snippets, AKS and EKS: the shell writes the hosts.toml that containerd has", async () => {
  const [wanted] = textsOf("containerd", QUAY, "http://berth:8080");
  const [set, data] = [
    textsOf("aks", QUAY, "http://berth:8080"),
    textsOf("eks", QUAY, "http://berth:8080"),
  ];
  const [script] = parse(set[0]!).spec.template.spec.initContainers[0].args as string[];
  const userData = data[0]!.split("#!/bin/sh\n")[1]!.split("\n--BERTH--")[0]!;
  for (
    const [text, dir] of [[script!, "/certs.d"], [userData, "/etc/containerd/certs.d"]] as const
  ) {
    const root = await Deno.makeTempDir();
    try {
      const { success } = await new Deno.Command("sh", {
        args: ["-euc", text.replaceAll(dir, `${root}/certs.d`)],
      }).output();
      assert.ok(success, text);
      assert.equal(await Deno.readTextFile(`${root}/certs.d/quay.io/hosts.toml`), `${wanted}\n`);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  }
});
