/** Kubernetes on machines of one's own. */
import { containerd } from "./machines.ts";
import { type Client, exampleOf } from "./target.ts";
import { byPod, hostsToml, localhostNote } from "./texts.ts";

export const k3s: Client = {
  id: "k3s",
  name: "k3s, RKE2",
  group: "Kubernetes",
  steps: (target) => [
    {
      title: "On every node (RKE2: /etc/rancher/rke2/registries.yaml)",
      file: "/etc/rancher/k3s/registries.yaml",
      text: `mirrors:
  ${target.registry.host}:
    endpoint:
      - "${target.url}"`,
    },
    {
      title: "Restart k3s (agents: k3s-agent)",
      file: "",
      text: "sudo systemctl restart k3s",
    },
  ],
  test: (target) => `sudo k3s crictl pull ${exampleOf(target)}`,
  note: () => "",
};

export const kind: Client = {
  id: "kind",
  name: "kind",
  group: "Kubernetes",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: `certs.d/${target.registry.host}/hosts.toml`,
      text: hostsToml(target),
    },
    {
      title: "Mount the directory in the nodes (kind 0.27 or later)",
      file: "kind.yaml",
      text: `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    extraMounts:
      - hostPath: ./certs.d
        containerPath: /etc/containerd/certs.d`,
    },
    { title: "Make the cluster", file: "", text: "kind create cluster --config kind.yaml" },
  ],
  test: (target) => `docker exec kind-control-plane crictl pull ${exampleOf(target)}`,
  note: localhostNote,
};

export const minikube: Client = {
  id: "minikube",
  name: "minikube",
  group: "Kubernetes",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth: minikube copies this into its nodes`,
      file: `~/.minikube/files/etc/containerd/certs.d/${target.registry.host}/hosts.toml`,
      text: hostsToml(target),
    },
    {
      title: "Make the cluster with containerd",
      file: "",
      text: "minikube start --container-runtime=containerd",
    },
  ],
  test: (target) => `minikube ssh -- sudo crictl pull ${exampleOf(target)}`,
  note: (target) =>
    `--registry-mirror is for minikube's Docker alone, and there for Docker Hub's images. ${
      localhostNote(target)
    }`.trim(),
};

export const kubeadm: Client = {
  id: "kubeadm",
  name: "kubeadm",
  group: "Kubernetes",
  steps: containerd.steps,
  test: byPod,
  note: () =>
    "On every node, before kubeadm init and kubeadm join; with a file for registry.k8s.io the control plane itself comes through Berth (kubeadm config images pull). The file is read at each pull, config.toml when containerd starts.",
};
