/** Clients on a machine of their own. */
import { type Client, exampleOf, shortExample, throughAddress } from "./target.ts";
import { buildkitToml, daemonJson, hostsToml, localhostNote } from "./texts.ts";

export const docker: Client = {
  id: "docker",
  name: "Docker",
  group: "Machines",
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

export const containerd: Client = {
  id: "containerd",
  name: "containerd",
  group: "Machines",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: `/etc/containerd/certs.d/${target.registry.host}/hosts.toml`,
      text: hostsToml(target),
    },
    {
      title:
        "Once: point containerd to the directory (in a file of version = 2, as containerd 1 has it, the table is io.containerd.grpc.v1.cri)",
      file: "/etc/containerd/config.toml",
      // Without a version it is read as of version 1, which knows neither table and says nothing.
      text: `version = 3

[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/containerd/certs.d"`,
    },
    { title: "Restart it", file: "", text: "sudo systemctl restart containerd" },
  ],
  test: (target) => `sudo ctr images pull --hosts-dir /etc/containerd/certs.d ${exampleOf(target)}`,
  note: () => "",
};

export const nerdctl: Client = {
  id: "nerdctl",
  name: "nerdctl",
  group: "Machines",
  steps: (target) => [containerd.steps(target)[0]!],
  test: (target) => `sudo nerdctl pull ${exampleOf(target)}`,
  note: () =>
    "Nothing to set up where containerd has its hosts.toml already: nerdctl reads the same directory. Without root it is ~/.config/containerd/certs.d.",
};

export const podman: Client = {
  id: "podman",
  name: "Podman, CRI-O",
  group: "Machines",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: "/etc/containers/registries.conf.d/berth.conf",
      text: `[[registry]]
location = "${target.registry.host}"

[[registry.mirror]]
location = "${target.authority}/${target.registry.hostInNames}"${
        target.tls ? "" : "\ninsecure = true"
      }`,
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

export const buildkit: Client = {
  id: "buildkit",
  name: "BuildKit",
  group: "Machines",
  steps: (target) => [
    {
      title: `Send ${target.registry.host} to Berth`,
      file: "buildkitd.toml",
      text: buildkitToml(target),
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

export const nomad: Client = {
  id: "nomad",
  name: "Nomad",
  group: "Machines",
  steps: (target) => [
    ...docker.steps(target),
    {
      title: "Or by name in a job, whatever the machine's Docker mirrors",
      file: "job.nomad.hcl",
      text: `config {
  image = "${throughAddress(target)}"
}`,
    },
  ],
  test: docker.test,
  note: () =>
    "Its docker driver pulls by the Docker of each client node, which is set up as any other; its podman driver by registries.conf.",
};

export const helm: Client = {
  id: "helm",
  name: "Helm, ORAS",
  group: "Machines",
  steps: () => [],
  test: (target) => {
    const chart = throughAddress({
      ...target,
      registry: { ...target.registry, example: "org/chart" },
    });
    const plain = target.tls ? "" : " --plain-http";
    const fromPlain = target.tls ? "" : " --from-plain-http";
    return `helm pull oci://${chart} --version 1.2.3${plain}
oras copy ${throughAddress(target)}${fromPlain} --to-oci-layout copied`;
  },
  note: () =>
    "Nothing to set up: put Berth's address in front of the chart's or artifact's name. oras copy takes images, too; oras pull is for artifacts whose files have names.",
};
