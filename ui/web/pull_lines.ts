/** What to type so that a client pulls one image through this server. */
import { nameOf } from "./image_path.ts";
import type { Target } from "./snippets.ts";

/** A client's name, and its command. */
interface PullLine {
  client: string;
  text: string;
}

/**
 * The image as clients name it at this server's address: `berth:5000/library/alpine:3.22`,
 * `berth:5000/quay.io/org/app@sha256:…`. `repository` is the registry's own name for it.
 */
export function addressOfImage(
  { authority, registry, isDefault }: Target,
  repository: string,
  reference: string,
): string {
  const prefix = registry.repoPrefix && `${registry.repoPrefix}/`;
  const own = repository.startsWith(prefix) ? repository.slice(prefix.length) : repository;
  const name = nameOf({ repository: own, reference });
  return isDefault ? `${authority}/${name}` : `${authority}/${registry.hostInNames}/${name}`;
}

/** Commands of well-known clients; over plain HTTP each is told so in its own way. */
export function pullLines(target: Target, repository: string, reference: string): PullLine[] {
  const image = addressOfImage(target, repository, reference);
  const plain = (flag: string) => target.tls ? "" : ` ${flag}`;
  return [
    { client: "Docker", text: `docker pull ${image}` },
    { client: "containerd: nerdctl", text: `nerdctl pull${plain("--insecure-registry")} ${image}` },
    { client: "containerd: ctr", text: `sudo ctr images pull${plain("--plain-http")} ${image}` },
    { client: "containerd: crictl", text: `sudo crictl pull ${image}` },
    { client: "Podman", text: `podman pull${plain("--tls-verify=false")} ${image}` },
    {
      client: "skopeo",
      text: `skopeo inspect${plain("--tls-verify=false")} docker://${image}`,
    },
    {
      client: "Trivy",
      text: `${target.tls ? "" : "TRIVY_NON_SSL=true "}trivy image ${image}`,
    },
  ];
}
