/** What the made-up server answers beside its data. */
import type { z } from "@hono/zod-openapi";
import { type EvictionPlan, selection } from "../../../ui/api/schema/cache.ts";
import type { Reload } from "../../../ui/api/schema/config.ts";
import type { Connect, Forward } from "../../../ui/api/schema/connect.ts";
import type { Live, Verification } from "../../../ui/api/schema/events.ts";
import type { Preview, TestResult } from "../../../ui/api/schema/registries.ts";
import { digestOf, type Scenario } from "./world.ts";
import { countersOf } from "./figures.ts";
import { registriesOf } from "./registries.ts";
import { CONNECT as PLAIN } from "../../fake/connect.ts";

export function liveOf(scenario: Scenario, now: number): Live {
  const idle = scenario === "empty";
  return {
    now,
    total: countersOf(idle ? 0 : 981_204, 0.87),
    since: now - 41 * 86400e3,
    lastMinute: { ...countersOf(idle ? 0 : 96, 0.9), pulls: idle ? 0 : 14 },
    active: 5,
  };
}

export const VERIFIED = (now: number): Verification => ({
  running: false,
  checkedBlobs: 4212,
  totalBlobs: 4212,
  checkedBytes: 18.2 * 2 ** 30,
  startedAt: now - 7 * 3600e3,
  finishedAt: now - 6.9 * 3600e3,
  damaged: [],
});

export function previewOf(name: string, url: string | undefined, create: boolean): Preview {
  const fields = [];
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
    fields.push({
      path: "name",
      message: "expected a registry name of lower-case letters, digits and dashes",
    });
  }
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) {
    fields.push({
      path: "url",
      message: "expected a URL such as https://registry.example.com, without credentials or query",
    });
  }
  const lines = [
    { kind: "skip" as const, line: 0, text: "" },
    { kind: "same" as const, line: 30, text: "registries:" },
    { kind: "same" as const, line: 31, text: "  # our own, behind the VPN" },
    { kind: "same" as const, line: 32, text: "  harbor:" },
  ];
  const diff = url === undefined
    ? [
      ...lines.slice(0, 3),
      { kind: "remove" as const, line: 32, text: `  ${name}:` },
      { kind: "remove" as const, line: 33, text: "    url: https://harbor.example.com" },
    ]
    : create
    ? [
      ...lines,
      { kind: "same" as const, line: 33, text: "    url: https://harbor.example.com" },
      { kind: "add" as const, line: 34, text: `  ${name}:` },
      { kind: "add" as const, line: 35, text: `    url: ${url}` },
    ]
    : [
      ...lines,
      { kind: "remove" as const, line: 33, text: "    url: https://harbor.example.com" },
      { kind: "add" as const, line: 33, text: `    url: ${url}` },
      { kind: "same" as const, line: 34, text: "    auth: { username: robot$berth, password: … }" },
    ];
  return { fields, diff, file: "/etc/berth/config.yaml", revision: "r1" };
}

export function testOf(url: string): TestResult {
  const host = URL.parse(url)?.host ?? url;
  const ok = !host.includes("broken");
  const step = (step: TestResult["steps"][0]["step"], title: string, ms: number, text: string) => ({
    step,
    title,
    ms,
    text,
    result: "ok" as const,
  });
  return {
    ok,
    text: ok
      ? "Reachable, signed in as anonymous"
      : "The certificate is not trusted: it was issued by “Example Internal CA”. Name that authority in ca_file.",
    ms: 131,
    steps: [
      step("dns", `Resolve ${host}`, 8, "192.0.2.17, 2001:db8::17"),
      ok ? step("tls", "Encrypt the connection", 41, "TLS 1.3, certificate valid until 3 March") : {
        ...step("tls", "Encrypt the connection", 38, "self-signed certificate in chain"),
        result: "failed",
      },
      ok
        ? step("ping", "Ask for /v2/", 37, "401: a sign-in is wanted, as of most registries")
        : { ...step("ping", "Ask for /v2/", 0, ""), result: "skipped" },
      ok
        ? step("sign-in", "Sign in", 45, "A token for 5 min")
        : { ...step("sign-in", "Sign in", 0, ""), result: "skipped" },
    ],
    quota: ok && host.includes("docker")
      ? {
        limit: 200,
        remaining: 173,
        windowMs: 6 * 3600e3,
        resetsAt: null,
        emptyAt: null,
        measuredAt: 0,
      }
      : null,
  };
}

export function planOf({ digests, images, unusedForMs }: z.infer<typeof selection>): EvictionPlan {
  const all = unusedForMs === undefined ? images.length * 3 + digests.length : 1204;
  return {
    digests: all,
    bytes: all * 137 * 2 ** 20,
    tags: images.length,
    pinnedDigests: unusedForMs === undefined ? 0 : 41,
    pinnedBytes: unusedForMs === undefined ? 0 : 1.3 * 2 ** 30,
    sharedDigests: images.length > 0 ? 2 : 0,
    sharedBytes: images.length > 0 ? 31 * 2 ** 20 : 0,
    inUseDigests: 0,
    largest: Array.from({ length: Math.min(3, all) }, (_, i) => ({
      digest: digestOf(`evicted ${i}`),
      size: (210 - i * 60) * 2 ** 20,
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      repository: "docker/library/alpine",
    })),
    repositories: ["docker/library/alpine"],
    repositoryCount: Math.max(1, images.length),
  };
}

export function reloadAt(at: number): Reload {
  return {
    at,
    ok: true,
    cause: "file",
    by: "",
    text: "Registry harbor added, cache.max_age changed",
    fields: [],
    changes: [
      { path: "cache.max_age", secret: false, before: "60d", after: "30d" },
      { path: "registries.harbor", secret: false, before: "", after: "https://harbor.example.com" },
    ],
  };
}

export const CONNECT: Connect = {
  ...PLAIN,
  registries: registriesOf("busy", 0).map(({ name, settings }) => ({
    name,
    host: settings.aliases?.[0] ?? new URL(settings.url).host,
    hostInNames: settings.aliases?.[0] ?? new URL(settings.url).hostname,
    aliases: settings.aliases ?? [],
    library: settings.library ?? false,
    hosts: settings.hosts ?? [],
    repoPrefix: "",
    example: { docker: "library/alpine:latest", quay: "prometheus/busybox:latest" }[name] ?? "",
  })),
  forward: { port: 3128, intercept: ["quay"] },
};

export function forwardAt(now: number): Forward {
  return {
    listen: ":3128",
    open: 1,
    tunnels: [
      {
        id: "t1",
        host: "quay.io",
        port: 443,
        client: "10.20.1.14",
        user: "",
        startedAt: now - 42e3,
        sentBytes: 18_322,
        receivedBytes: 88 * 2 ** 20,
        intercepted: true,
      },
    ],
    refused: [
      {
        host: "telemetry.example.net",
        port: 443,
        reason: "host",
        message: "telemetry.example.net:443 is not an allowed host",
        entry: "telemetry.example.net",
        count: 12,
        client: "10.20.1.14",
        lastAt: now - 61e3,
      },
      {
        host: "files.example.com",
        port: 8443,
        reason: "private",
        message: "files.example.com has the address 10.20.1.9, which is not public: " +
          "set forward.allow_private to let clients reach such addresses",
        entry: null,
        count: 2,
        client: "10.20.1.77",
        lastAt: now - 3 * 3600e3,
      },
    ],
    file: "/etc/berth/config.yaml",
    revision: "r1",
    writable: true,
    readOnlyReason: "",
  };
}
