/** What the Connect page is told, of one registry. */
import type { Connect, ConnectRegistry } from "../../ui/api/schema/connect.ts";

export const DOCKER: ConnectRegistry = {
  name: "docker",
  host: "docker.io",
  hostInNames: "docker.io",
  aliases: [],
  library: true,
  hosts: [],
  repoPrefix: "",
  example: "library/alpine:latest",
};

export const CONNECT: Connect = {
  publicUrl: "",
  port: 8080,
  tls: false,
  domainSuffix: "",
  defaultRegistry: "docker",
  pathNames: false,
  signIn: false,
  registries: [DOCKER],
  forward: null,
};
