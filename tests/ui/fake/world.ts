/** What the made-up server of the pages' tests has, the same at every run. */
import { createHash } from "node:crypto";
import type { RegistrySettings } from "../../../ui/api/schema/registries.ts";

/** What the server has to show. */
export type Scenario = "busy" | "empty" | "trouble";

export const MINUTE = 60e3;
export const HOUR = 3600e3;
export const DAY = 86400e3;
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** Numbers in [0, 1) that look random and are always the same. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const digestOf = (text: string): string =>
  `sha256:${createHash("sha256").update(text).digest("hex")}`;

export const UPSTREAMS: [name: string, settings: RegistrySettings][] = [
  ["docker", {
    url: "https://registry-1.docker.io",
    aliases: ["docker.io", "index.docker.io"],
    library: true,
  }],
  ["ghcr", { url: "https://ghcr.io" }],
  ["quay", { url: "https://quay.io" }],
  ["k8s", { url: "https://registry.k8s.io" }],
  ["gcr", { url: "https://gcr.io" }],
  ["mcr", { url: "https://mcr.microsoft.com" }],
  ["gitlab", { url: "https://registry.gitlab.com" }],
  ["nvcr", { url: "https://nvcr.io" }],
  ["harbor", {
    url: "https://harbor.example.com",
    auth: { username: "robot$berth" },
    allow: ["platform/**"],
    hosts: ["images.example.com"],
    manifests: { ttl: "10m" },
  }],
];

export const SHARES: Record<string, number> = {
  docker: 0.58,
  ghcr: 0.17,
  quay: 0.11,
  k8s: 0.09,
  harbor: 0.05,
};
