/** Clients that know no mirrors: the forward proxy. */
import { type Client, exampleOf, type Target } from "./target.ts";

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

export const proxy: Client = {
  id: "proxy",
  name: "HTTPS proxy",
  group: "Without mirrors",
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
