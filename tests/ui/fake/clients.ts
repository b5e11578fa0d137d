/** Clients and pulls of the made-up server. */
import type { Client, Clients, Pull } from "../../../ui/api/schema/clients.ts";
import type { Scenario } from "./world.ts";

const DAY = 86400e3;
const REPOSITORIES = ["library/alpine", "library/postgres", "acme/app", "acme/web", "grafana/loki"];

export function pullsOf(scenario: Scenario, now: number): Pull[] {
  if (scenario === "empty") return [];
  return Array.from({ length: 120 }, (_, i): Pull => {
    const blobs = (i * 7) % 12;
    const result = i % 17 === 5 ? "failed" : i % 13 === 4 ? "broken" : "complete";
    const bytes = blobs * 11e6 + 4200;
    return {
      ...{ id: 5000 - i, time: now - i * i * 4e3 - 9e3, durationMs: 400 + blobs * 1300 },
      ...nameOf(i),
      registry: i % 3 === 0 ? "ghcr" : "docker",
      repository: REPOSITORIES[i % REPOSITORIES.length]!,
      reference: i % 4 === 0 ? "latest" : `v1.${i % 9}`,
      ...{ requests: blobs + 2, blobs, cachedBlobs: Math.floor(blobs * 0.7) },
      ...{ bytes, cachedBytes: Math.floor(bytes * 0.7), result },
      message: result === "failed"
        ? "ghcr does not have acme/app:v1.3"
        : result === "broken"
        ? "client closed"
        : "",
    };
  });
}

function nameOf(i: number) {
  return {
    client: i % 11 === 3 ? "2001:db8:17:4::1c" : `10.20.${i % 4}.${10 + i % 37}`,
    clientName: i % 2 === 0 ? `node-${10 + i % 37}.eu-central.example.com` : "",
    user: i % 6 === 0 ? "ci" : "",
    userAgent: i % 5 === 0 ? "docker/28.5.1 go/go1.24.8 kernel/6.8.0" : "containerd/v2.2.0",
  };
}

export function clientsOf(
  scenario: Scenario,
  now: number,
  query: { page: number; limit: number; search?: string | undefined },
): Clients {
  const all = scenario === "empty" ? [] : Array.from({ length: 5000 }, (_, i): Client => {
    const { clientName: name, ...who } = nameOf(i);
    const pulls = 900 - i % 900;
    return {
      ...who,
      client: who.client.includes(":") ? who.client : `10.${20 + (i >> 8)}.0.${i & 255}`,
      name,
      ...{ first: now - 20 * DAY, last: now - i * 9e3, requests: pulls * 9, pulls },
      ...{ manifests: pulls * 2, blobs: pulls * 6, hits: pulls * 7, misses: pulls },
      ...{ errors: i % 9 === 2 ? 3 : 0, refused: i % 5, limited: i % 7 === 0 ? 12 : 0 },
      ...{ bytes: pulls * 71e6, cachedBytes: pulls * 66e6, images: 1 + i % 23 },
      bypass: i === 2 ? { kind: "elsewhere", reason: ELSEWHERE } : null,
      limits: [{ name: "everybody", text: "100/m requests, 50 MiB/s, 20 at once" }],
    };
  });
  const found = all.filter(({ client, name, user }) =>
    `${client} ${name} ${user}`.includes(query.search ?? "")
  );
  const from = (query.page - 1) * query.limit;
  return {
    items: found.slice(from, from + query.limit),
    ...{ total: found.length, page: query.page, limit: query.limit },
    bypassing: scenario === "empty" ? [] : [
      ...[{ client: "10.20.0.2", name: "node-12.eu-central.example.com", user: "" }]
        .map((who) => ({ ...who, last: now, kind: "elsewhere" as const, reason: ELSEWHERE })),
      {
        ...{
          client: "10.20.3.99",
          name: "",
          user: "",
          last: now - 9 * DAY,
          kind: "silent" as const,
        },
        reason: "It pulled here on 21 days of the last month, every 25 hours or so, and has been " +
          "silent for 9 days while others go on.",
      },
    ],
  };
}

const ELSEWHERE = "It got 214 manifests of 6 images here in the last month and not one layer: " +
  "it seems to fetch layers elsewhere.";
