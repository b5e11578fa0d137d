/** What to type so that a client pulls through this server, and how to see that it works. */
import type { Connect } from "../api/schema/connect.ts";
import { dockerInDocker, githubRunner, gitlabRunner } from "./connect/ci.ts";
import { aks, bottlerocket, eks, gke, openshift, talos } from "./connect/clouds.ts";
import { k3s, kind, kubeadm, minikube } from "./connect/clusters.ts";
import { buildkit, containerd, docker, helm, nerdctl, nomad, podman } from "./connect/machines.ts";
import { proxy } from "./connect/proxy.ts";
import type { Client, Target } from "./connect/target.ts";

export {
  type Client,
  type Group,
  serverUrl,
  type Snippet,
  type Target,
  targetOf,
} from "./connect/target.ts";

const CLIENTS: readonly Client[] = [
  ...[docker, containerd, nerdctl, podman, buildkit, nomad, helm],
  ...[k3s, kind, minikube, kubeadm, eks, gke, aks, openshift, talos, bottlerocket],
  ...[gitlabRunner, githubRunner, dockerInDocker],
  proxy,
];

/** Clients that can be connected to this server. */
export function clientsFor(connect: Connect): readonly Client[] {
  return CLIENTS.filter(({ id }) => id !== "proxy" || connect.forward !== null);
}

/** Signing in with `client`, where pulling needs it; empty otherwise. */
export function signInNote({ id }: Client, { signIn, authority }: Target): string {
  if (!signIn) return "";
  const how = id === "proxy"
    ? "write yours for name:password"
    : `docker login ${authority}, podman login ${authority}, helm registry login ${authority}`;
  return `Pulling needs a user name and password: ${how}.`;
}
