/** Rules about clients: what they are called, and how they are limited. */
import type { Path } from "./path.ts";
import type { Config } from "./schema.ts";
import { isNetwork, quote, type Violation } from "./violation.ts";

/** A name is believed only where somebody is known who may say it. */
export function* clients({ clients, trusted_proxies }: Config): Generator<Violation> {
  if (clients.name_header === "" || trusted_proxies.length > 0) return;
  const message = "expected trusted_proxies with it, the addresses of those that send it";
  yield { path: ["clients", "name_header"], message };
}

/** A limit that holds for nobody, or of nothing, is a mistake. */
export function* limits(config: Config): Generator<Violation> {
  const names = config.limits.map(({ name }) => name);
  for (const [index, limit] of config.limits.entries()) {
    const path = (...more: Path): Path => ["limits", index, ...more];
    if (limit.name && names.indexOf(limit.name) !== index) {
      const message = `found ${quote(limit.name)}, which another limit has; expected its own`;
      yield { path: path("name"), message };
    }
    for (const [at, user] of limit.users.entries()) {
      if (Object.hasOwn(config.users, user) || /^token(:|$)/.test(user)) continue;
      const message = `found ${quote(user)}, expected one of the names in users`;
      yield { path: path("users", at), message };
    }
    for (const [at, network] of limit.networks.entries()) {
      if (isNetwork(network)) continue;
      const message = `found ${quote(network)}, expected an address or a range such as 10.0.0.0/8`;
      yield { path: path("networks", at), message };
    }
    for (const [at, registry] of limit.registries.entries()) {
      if (Object.hasOwn(config.registries, registry)) continue;
      const message = `found ${quote(registry)}, expected the name of a registry`;
      yield { path: path("registries", at), message };
    }
    yield* what(limit, path);
  }
}

function* what(
  limit: Config["limits"][number],
  path: (...more: Path) => Path,
): Generator<Violation> {
  const { requests, bandwidth, concurrent, users, networks, upstream } = limit;
  if (upstream) {
    const given = Object.entries({ requests, concurrent, users: users[0], networks: networks[0] })
      .find(([, value]) => value);
    if (given) {
      const message = "is for clients, and with upstream: true this is about registries; " +
        "expected bandwidth and registries alone";
      yield { path: path(given[0]), message };
    } else if (!bandwidth) yield { path: path(), message: "expected a bandwidth" };
  } else if (!requests && !bandwidth && concurrent === 0) {
    yield { path: path(), message: "expected requests, bandwidth or concurrent" };
  }
}
