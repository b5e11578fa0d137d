/** What the image's page says. */
import type { ImageConfig, Referrer } from "../../api/schema/image.ts";

export const WORDS = {
  parent: "Cache",
  about: "About",
  digest: "Digest",
  mediaType: "Media type",
  cached: "Cached",
  hits: "Hits",
  lastUsed: "Last used",
  checked: "Checked upstream",
  pinned: "Pinned",
  isPinned: "Yes: it is never evicted",
  notPinned: "No",
  evict: "Evict…",
  pulls: "Pulls",
  past: "History of the tag",
  pull: "Pull this image",
  signIn: "Pulling needs a user name and password: sign in to this address first.",
  plain: "Docker and crictl need plain HTTP to be allowed for this address:",
  connect: "Connect a client",
  client: "Client",
  notConfigured: "Its registry is no longer configured, so that it cannot be pulled.",
  platforms: "Platforms",
  platform: "Platform",
  size: "Size",
  layers: "Layers",
  unknownPlatform: "not stated",
  notCached: "not cached",
  allCached: "all of it",
  configOf: "Configuration",
  created: "Created",
  createdUnknown: "not stated",
  entrypoint: "Entry point",
  cmd: "Command",
  user: "User",
  userDefault: "not set (root)",
  workingDir: "Working directory",
  ports: "Ports",
  volumes: "Volumes",
  stopSignal: "Stop signal",
  author: "Author",
  environment: "Environment",
  none: "none",
  labels: "Labels",
  annotations: "Annotations",
  name: "Name",
  value: "Value",
  history: "History",
  step: "Step",
  noLayer: "no layer",
  noHistory: "The configuration does not say which command made which layer.",
  referrers: "Signatures and attestations",
  noReferrers: "None known here. Berth knows those that were pulled through it.",
  kind: "Kind",
  subject: "Of",
  wholeImage: "the image",
  gone: "This image is not in the cache",
  goneWhy: "It was never pulled through Berth, or it was evicted.",
  all: "All images",
} as const;

export const KINDS: Record<Referrer["kind"], string> = {
  signature: "Signature",
  attestation: "Attestation",
  sbom: "SBOM",
  other: "Other",
};

/** Why nothing of a config is shown. */
export const STATES: Record<Exclude<ImageConfig["state"], "read">, string> = {
  absent: "Its configuration is not cached: it comes with the next pull.",
  "too-large": "Its configuration is larger than 1 MiB and is not shown.",
  unreadable: "Its configuration is damaged or not that of an image.",
  none: "This is an artifact: it has no image configuration.",
};

/** `hub.docker.com` as people call it. */
export const SITES: Record<string, string> = {
  "hub.docker.com": "Docker Hub",
  "ghcr.io": "GitHub",
  "quay.io": "Quay",
};
