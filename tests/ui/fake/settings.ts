/** Made-up values of a configuration. */
import type { Setting } from "../../../ui/api/schema/config.ts";

const FILE = { kind: "file" as const };
const setting = (
  path: string,
  text: string,
  origin: Setting["origin"] = { kind: "default", text: "default" },
  more: Partial<Setting> = {},
): Setting => ({
  ...{ path, text, defaultText: "", origin, secret: false, restart: false, running: null },
  ...more,
});

export const SETTINGS: Setting[] = [
  setting("listen", ":8080", undefined, { restart: true }),
  setting("public_url", "http://berth.example.com:8080", { ...FILE, text: "config.yaml:3" }),
  setting(
    "policy.rules",
    "[{name: no-windows, action: deny, reason: we run no Windows, tags: [], platforms: [windows/**], " +
      "labels: {}, seen_within: 0s}]",
    { ...FILE, text: "config.yaml:31" },
  ),
  setting("registries.docker.hold.new_digest", "1d", { ...FILE, text: "config.yaml:9" }),
  setting("trusted_proxies", "[10.0.0.0/8]", { ...FILE, text: "config.yaml:4" }, {
    defaultText: "[]",
  }),
  setting("default_registry", "docker"),
  setting("log.level", "debug", { kind: "flag", text: "flag --log-level" }, {
    defaultText: "info",
  }),
  setting("log.format", "json", { kind: "environment", text: "environment BERTH_LOG_FORMAT" }, {
    defaultText: "text",
  }),
  setting("admin.listen", ":8081", undefined, { restart: true }),
  setting("admin.password_hash", "", { ...FILE, text: "config.yaml:9" }, { secret: true }),
  setting("registries.harbor.url", "https://harbor.example.com", {
    ...FILE,
    text: "config.yaml:32",
  }),
  setting("registries.harbor.auth.username", "robot$berth", { ...FILE, text: "config.yaml:34" }),
  setting("registries.harbor.auth.password", "", { ...FILE, text: "config.yaml:35 (${HARBOR})" }, {
    secret: true,
  }),
  setting("cache.dir", "/var/lib/berth", { ...FILE, text: "config.yaml:14" }, {
    defaultText: "./data",
    restart: true,
  }),
  setting("cache.max_size", "32GiB"),
  setting("cache.min_free", "1GiB"),
  setting("cache.max_age", "30d", { ...FILE, text: "config.yaml:15" }, { defaultText: "60d" }),
  setting("cache.manifests.ttl", "0s"),
  setting("cache.manifests.stale_if_error", "7d"),
  setting("forward.listen", ":3128", { ...FILE, text: "config.yaml:21" }, { restart: true }),
  setting("upstream.retries", "3"),
];
