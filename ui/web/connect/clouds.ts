/** Kubernetes whose nodes are made from an image or by a provider. */
import type { Client, Target } from "./target.ts";
import { byPod, hostsToml, indented } from "./texts.ts";

export const eks: Client = {
  id: "eks",
  name: "Amazon EKS",
  group: "Kubernetes",
  steps: (target) => [{
    title: "User data of the launch template (Amazon Linux)",
    file: "user-data.txt",
    text: `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="BERTH"

--BERTH
Content-Type: text/x-shellscript; charset="utf-8"

#!/bin/sh
${writeHosts(target, "/etc/containerd/certs.d")}
--BERTH--`,
  }],
  test: byPod,
  note: () =>
    "Amazon Linux's containerd looks into this directory already. Nodes that run get it by the DaemonSet that AKS has. Bottlerocket has settings of its own.",
};

export const gke: Client = {
  id: "gke",
  name: "Google GKE",
  group: "Kubernetes",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: "berth.yaml",
      text: `registryHosts:
  - server: ${target.registry.host}
    hosts:
      - host: ${target.authority}
        capabilities: [HOST_CAPABILITY_PULL, HOST_CAPABILITY_RESOLVE]`,
    },
    {
      title: "Have the node pool made anew with it",
      file: "",
      text:
        "gcloud container node-pools update POOL --cluster CLUSTER --containerd-config-from-file berth.yaml",
    },
  ],
  test: byPod,
  note: ({ tls }) =>
    `A host here has no scheme, and is asked by TLS${
      tls ? "" : ": give Berth a certificate first (docs/tls.md)"
    }. For an authority of your own there is \`ca\` with a secret of Secret Manager.`,
};

/** What a shell does to write hosts.toml below `dir`. */
function writeHosts(target: Target, dir: string): string {
  return `mkdir -p ${dir}/${target.registry.host}
cat >${dir}/${target.registry.host}/hosts.toml <<'EOF'
${hostsToml(target)}
EOF`;
}

export const aks: Client = {
  id: "aks",
  name: "Azure AKS",
  group: "Kubernetes",
  steps: (target) => [
    {
      title: "A DaemonSet writes the file on every node, also on those that come later",
      file: "berth-hosts.yaml",
      text: `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: berth-hosts
  namespace: kube-system
spec:
  selector:
    matchLabels: { app: berth-hosts }
  template:
    metadata:
      labels: { app: berth-hosts }
    spec:
      automountServiceAccountToken: false
      tolerations: [{ operator: Exists }]
      initContainers:
        - name: write
          image: docker.io/library/busybox:1.37
          command: [sh, -euc]
          args:
            - |
${indented(writeHosts(target, "/certs.d"), 14)}
          volumeMounts: [{ name: certs, mountPath: /certs.d }]
      containers:
        - name: stay
          image: registry.k8s.io/pause:3.10
      volumes:
        - name: certs
          hostPath: { path: /etc/containerd/certs.d, type: DirectoryOrCreate }`,
    },
    { title: "Apply it", file: "", text: "kubectl apply -f berth-hosts.yaml" },
  ],
  test: byPod,
  note: () =>
    "AKS has no setting for mirrors; its containerd looks into this directory. Deleting this DaemonSet leaves the files; the one of Berth's chart (nodes.enabled), for a Berth in the same cluster, takes them back.",
};

export const openshift: Client = {
  id: "openshift",
  name: "OpenShift",
  group: "Kubernetes",
  steps: (target) => {
    const mirror = `- source: ${target.registry.host}
      mirrors: ["${target.authority}/${target.registry.hostInNames}"]`;
    const apply = { title: "Apply it", file: "", text: "oc apply -f berth.yaml" };
    return [
      ...target.tls ? [] : [{
        title: "Allow plain HTTP to Berth",
        file: "",
        text:
          `oc patch image.config.openshift.io/cluster --type merge --patch '{"spec":{"registrySources":{"insecureRegistries":["${target.authority}"]}}}'`,
      }],
      {
        title: `Send ${target.registry.host} to Berth`,
        file: "berth.yaml",
        text: `apiVersion: config.openshift.io/v1
kind: ImageTagMirrorSet
metadata:
  name: berth
spec:
  imageTagMirrors:
    ${mirror}
---
apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata:
  name: berth
spec:
  imageDigestMirrors:
    ${mirror}`,
      },
      apply,
    ];
  },
  test: byPod,
  note: () =>
    "Version 4.13 or later. The Machine Config Operator brings it to the nodes' registries.conf, one node after the other.",
};

export const talos: Client = {
  id: "talos",
  name: "Talos",
  group: "Kubernetes",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth (Talos 1.12 or later)`,
      file: "berth.yaml",
      text: `apiVersion: v1alpha1
kind: RegistryMirrorConfig
name: ${target.registry.host}
endpoints:
  - url: ${target.url}`,
    },
    {
      title: "Or before 1.12",
      file: "berth.yaml",
      text: `machine:
  registries:
    mirrors:
      ${target.registry.host}:
        endpoints: ["${target.url}"]`,
    },
    { title: "Apply it", file: "", text: "talosctl patch mc --nodes NODES --patch @berth.yaml" },
  ],
  test: byPod,
  note: () => 'The name "*" stands for every registry.',
};

export const bottlerocket: Client = {
  id: "bottlerocket",
  name: "Bottlerocket",
  group: "Kubernetes",
  steps: (target) => [{
    title: "User data",
    file: "user-data.toml",
    text: `[[settings.container-registry.mirrors]]
registry = "${target.registry.host}"
endpoint = ["${target.url}"]`,
  }],
  test: byPod,
  note: () => "",
};
