/** Setup scripts: POSIX shell, kept as files beside this one, with this proxy's address and CA put in. */
import type { Authority } from "../intercept/ca.ts";
import common from "./common.sh" with { type: "text" };
import docker from "./docker.sh" with { type: "text" };
import k3s from "./k3s.sh" with { type: "text" };
import kind from "./kind.sh" with { type: "text" };
import podman from "./podman.sh" with { type: "text" };
import systemd from "./systemd.sh" with { type: "text" };

const SCRIPTS = {
  systemd: withCommon(systemd),
  docker: withCommon(docker),
  containerd: withCommon(systemd).replaceAll("docker.service", "containerd.service"),
  podman: withCommon(podman),
  k3s: withCommon(k3s),
  kind,
};

export type SetupName = keyof typeof SCRIPTS;

/** Whether there is a setup script of this name. */
export function isSetup(name: string): name is SetupName {
  return Object.hasOwn(SCRIPTS, name);
}

/**
 * The script for clients that reach this proxy at `host` (a checked `host:port`). It carries the CA,
 * so that nothing else has to be fetched.
 */
export function renderScript(
  name: SetupName,
  host: string,
  authority: Authority | undefined,
): string {
  const containerd = () => renderScript("containerd", host, authority).trimEnd();
  return `#!/bin/sh\n${SCRIPTS[name]}`
    .replaceAll("@CONTAINERD@", containerd)
    .replaceAll("@CA@", caFunction(authority))
    .replaceAll("@HOST@", host)
    .replaceAll("@NAME@", name);
}

/** A script's opening comment, what all of them share, and the rest of it. */
function withCommon(script: string): string {
  const end = script.indexOf("\n\n") + 1;
  return `${script.slice(0, end)}\n${common}\n@CA@\n${script.slice(end)}`;
}

function caFunction(authority: Authority | undefined): string {
  if (!authority) return "# Nothing is intercepted here: there is no CA to trust.\nca() { :; }";
  return `# SHA-256 ${authority.fingerprint}\nca() {\n  cat << 'EOD'\n${authority.pem}EOD\n}`;
}
