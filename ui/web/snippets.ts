/** What to type so that a client pulls through this server, and how to see that it works. */
import type { Connect, ConnectRegistry } from "../api/schema/connect.ts";

export interface Snippet {
  /** `Write`, `Restart` … what the step is for, one line. */
  title: string;
  /** File that `text` belongs into; empty for commands. */
  file: string;
  text: string;
}

export interface Client {
  id: string;
  name: string;
  /** Steps for this server and registry. */
  steps: (target: Target) => Snippet[];
  /** A command that pulls through the server. */
  test: (target: Target) => string;
  /** What to know beforehand; empty where nothing. */
  note: (target: Target) => string;
}

/** The server as a client sees it, and a registry of its map. */
export interface Target {
  /** `https://berth.example` or `http://berth:8080`, without a slash at the end. */
  url: string;
  /** Host and port of `url`. */
  authority: string;
  tls: boolean;
  signIn: boolean;
  registry: ConnectRegistry;
  isDefault: boolean;
  /** Of the forward proxy, `http://berth:3128`; empty where it is off. */
  proxyUrl: string;
  /** Whether it opens TLS to this registry, and to any. */
  opened: boolean;
  opens: boolean;
}

/**
 * The target of `registry` at `url` (what clients call this server; the one that the browser used
 * where the operator did not say).
 */
export function targetOf(connect: Connect, registry: ConnectRegistry, url: string): Target {
  const { protocol, host, hostname } = new URL(url);
  return {
    url: url.replace(/\/+$/, ""),
    authority: host,
    tls: protocol === "https:",
    signIn: connect.signIn,
    registry,
    isDefault: registry.name === connect.defaultRegistry,
    proxyUrl: connect.forward ? `http://${hostname}:${connect.forward.port}` : "",
    opened: connect.forward?.intercept.includes(registry.name) ?? false,
    opens: (connect.forward?.intercept.length ?? 0) > 0,
  };
}

/** What clients call this server: `public_url`, else the browser's host with the registry port. */
export function serverUrl(connect: Connect, browserHost: string): string {
  if (connect.publicUrl !== "") return connect.publicUrl;
  const port = connect.port === (connect.tls ? 443 : 80) ? "" : `:${connect.port}`;
  return `${connect.tls ? "https" : "http"}://${browserHost}${port}`;
}

/** An image of the registry that is small and public, as its users write it. */
function exampleOf({ registry }: Target): string {
  return `${registry.host}/${registry.example || "org/app:latest"}`;
}

/** The example without a registry, as Docker's users write it: `alpine:latest`. */
function shortExample({ registry }: Target): string {
  const image = registry.example || "org/app:latest";
  return registry.library ? image.replace(/^library\//, "") : image;
}

/** The example by this server's own address: `berth:8080/quay.io/org/app:latest`. */
function throughAddress({ authority, registry, isDefault }: Target): string {
  const image = registry.example || "org/app:latest";
  return isDefault ? `${authority}/${image}` : `${authority}/${registry.host}/${image}`;
}

/** JSON with one key per line. */
function daemonJson(keys: Record<string, string[]>): string {
  const lines = Object.entries(keys)
    .map(([key, values]) => `  ${JSON.stringify(key)}: [${JSON.stringify(values[0])}]`);
  return `{\n${lines.join(",\n")}\n}`;
}

function hostsToml({ url }: Target): string {
  return `[host."${url}"]
  capabilities = ["pull", "resolve"]`;
}

const localhostNote = ({ authority }: Target): string =>
  /^(localhost|127\.|\[::1\])/.test(authority)
    ? "The client runs elsewhere (in a container or on another machine): replace localhost by an address that it can reach."
    : "";

const docker: Client = {
  id: "docker",
  name: "Docker",
  steps: (target) =>
    target.isDefault
      ? [
        {
          title: "Set Berth as mirror",
          file: "/etc/docker/daemon.json",
          text: daemonJson({
            "registry-mirrors": [target.url],
            ...target.tls ? {} : { "insecure-registries": [target.authority] },
          }),
        },
        { title: "Reload Docker", file: "", text: "sudo systemctl reload docker" },
      ]
      : target.tls
      ? []
      : [
        {
          title: "Allow Docker to use plain HTTP to Berth",
          file: "/etc/docker/daemon.json",
          text: daemonJson({ "insecure-registries": [target.authority] }),
        },
        { title: "Reload Docker", file: "", text: "sudo systemctl reload docker" },
      ],
  test: (target) =>
    `docker pull ${target.isDefault ? shortExample(target) : throughAddress(target)}`,
  note: (target) =>
    target.isDefault
      ? ""
      : "Docker mirrors only its default registry. Images of others are pulled by Berth's address, with their host in front of the name.",
};

const containerd: Client = {
  id: "containerd",
  name: "containerd",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: `/etc/containerd/certs.d/${target.registry.host}/hosts.toml`,
      text: hostsToml(target),
    },
    {
      title:
        "Once: point containerd to the directory (version 1 calls the table io.containerd.grpc.v1.cri)",
      file: "/etc/containerd/config.toml",
      text: `[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/containerd/certs.d"`,
    },
  ],
  test: (target) => `sudo ctr images pull --hosts-dir /etc/containerd/certs.d ${exampleOf(target)}`,
  note: () => "",
};

const podman: Client = {
  id: "podman",
  name: "Podman, CRI-O",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: "/etc/containers/registries.conf.d/berth.conf",
      text: `[[registry]]
location = "${target.registry.host}"

[[registry.mirror]]
location = "${target.authority}/${target.registry.host}"${target.tls ? "" : "\ninsecure = true"}`,
    },
    {
      title: "CRI-O only: reload it (Podman, Buildah and skopeo read the file by themselves)",
      file: "",
      text: "sudo systemctl reload crio",
    },
  ],
  test: (target) => `podman pull ${exampleOf(target)}`,
  note: () => "",
};

const buildkit: Client = {
  id: "buildkit",
  name: "BuildKit",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: "buildkitd.toml",
      text: `[registry."${target.registry.host}"]
  mirrors = ["${target.authority}"]${
        target.tls ? "" : `\n\n[registry."${target.authority}"]\n  http = true`
      }`,
    },
    {
      title: "Make a builder that uses it",
      file: "",
      text: "docker buildx create --name berth --use --buildkitd-config buildkitd.toml",
    },
  ],
  test: (target) => `echo "FROM ${exampleOf(target)}" | docker buildx build --pull -`,
  note: localhostNote,
};

const k3s: Client = {
  id: "k3s",
  name: "k3s, RKE2",
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

const kind: Client = {
  id: "kind",
  name: "kind",
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

const helm: Client = {
  id: "helm",
  name: "Helm, ORAS",
  steps: () => [],
  test: (target) => {
    const [name, version] = throughAddress(target).split(/:(?=[^/:]*$)/);
    const plain = target.tls ? "" : " --plain-http";
    return `helm pull oci://${name} --version ${version}${plain}
oras pull ${throughAddress(target)}${plain}`;
  },
  note: () => "Nothing to set up: put Berth's address in front of the chart's or artifact's name.",
};

/** The line that runs a setup script of the forward proxy. */
function setupScript({ proxyUrl, signIn }: Target, name: string): string {
  return `curl -s ${proxyUrl}/setup/${name} | sudo ${signIn ? "BERTH_LOGIN=name:password " : ""}sh`;
}

function byEnvironment(target: Target): string {
  const { proxyUrl, signIn, opens } = target;
  const url = signIn ? proxyUrl.replace("//", "//name:password@") : proxyUrl;
  const [fetchCa, trust] = opens
    ? [`curl -so berth.crt ${proxyUrl}/ca.crt\n`, "SSL_CERT_FILE=berth.crt "]
    : ["", ""];
  return `${fetchCa}HTTPS_PROXY=${url} ${trust}skopeo inspect docker://${exampleOf(target)}`;
}

const proxy: Client = {
  id: "proxy",
  name: "HTTPS proxy",
  steps: (target) => [
    {
      title: "Docker 23 or newer: set the proxy and trust Berth's certificates (undo: sh -s undo)",
      file: "",
      text: setupScript(target, "docker"),
    },
    {
      title: "Docker before that, as a service of systemd",
      file: "",
      text: setupScript(target, "systemd"),
    },
    {
      title: "Or another client: containerd, podman, k3s, kind",
      file: "",
      text: setupScript(target, "containerd"),
    },
    {
      title: target.opens
        ? "Or any program, by its environment (SSL_CERT_FILE is for those in Go, and replaces the system's)"
        : "Or any program, by its environment",
      file: "",
      text: byEnvironment(target),
    },
  ],
  test: (target) => `docker pull ${exampleOf(target)}`,
  note: ({ registry, opened }) =>
    "For clients that know no mirrors: image names stay as they are." +
    (opened
      ? ""
      : ` What comes from ${registry.host} passes through and is not cached: for that, add ${registry.name} to forward.intercept.`),
};

const CLIENTS: readonly Client[] = [docker, containerd, podman, buildkit, k3s, kind, helm, proxy];

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
