/** A request on its way through the handlers, without a socket: a registry that answers by function. */
import { accessRules } from "../../proxy/access/permissions.ts";
import { NO_PROOFS, NOTHING_TO_PROVE, type Proof } from "../../proxy/client_sign_in/proof.ts";
import { configSchema } from "../../proxy/config/schema.ts";
import type { Exchange } from "../../proxy/exchange.ts";
import { registryMap, route } from "../../proxy/names/target.ts";
import { parsePath, splitPath } from "../../proxy/oci/path.ts";
import type { Upstream, UpstreamRequest } from "../../proxy/upstream/client.ts";

type AnswerOf = (request: UpstreamRequest) => Response | Promise<Response>;

/** An upstream that answers by `answer` and remembers what it was asked, as `GET /v2/…?query`. */
export function fakeUpstream(answer: AnswerOf): Upstream & { asked: string[] } {
  const asked: string[] = [];
  const unexpected = () => Promise.reject(new Error("not part of this fake"));
  return {
    asked,
    registry: { ...configOf({}).registries["hub"]!, name: "hub" },
    async request(request) {
      const { method, path, query } = request;
      asked.push(`${method} ${path}${query ? `?${query}` : ""}`);
      return { response: await answer(request), url: path, ms: 1 };
    },
    decoded: (response) => Promise.resolve(response),
    ping: unexpected,
    challenge: unexpected,
    token: unexpected,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export interface ExchangeOptions {
  method?: string;
  headers?: HeadersInit;
  /** Host as the client called it. */
  host?: string;
  /** Settings of the registry, as in the file. */
  registry?: Record<string, unknown>;
  proof?: Partial<Proof>;
  upstream?: Upstream;
}

function configOf(registry: Record<string, unknown>) {
  return configSchema.parse({
    default_registry: "hub",
    registries: { hub: { url: "https://hub.test", ...registry } },
  });
}

/** `path` (`/v2/org/app/manifests/1?n=2`) as a request to the registry `hub`. */
export function exchangeOf(path: string, options: ExchangeOptions = {}): Exchange {
  const { method = "GET", headers = {}, host = "berth.test", registry = {}, proof } = options;
  const config = configOf(registry);
  const url = new URL(path, `http://${host}`);
  const { prefix, rest } = splitPath(url.pathname)!;
  const parsed = parsePath(rest);
  const name = "name" in parsed ? parsed.name : undefined;
  const asked = {
    attempts: [],
    upstreamBytes: 0,
    upstreamError: "",
    upstreamStatus: 0,
    upstreamMs: 0,
  };
  return {
    request: new Request(url, { method, headers }),
    path: parsed,
    query: url.searchParams,
    target: route(registryMap(config), { host, ns: [], prefix, name }),
    proxied: false,
    ahead: false,
    direct: true,
    upstream: options.upstream ?? fakeUpstream(() => new Response(null, { status: 404 })),
    realm: "",
    authorization: undefined,
    access: accessRules(config)(""),
    client: "192.0.2.1",
    proof: { ...NOTHING_TO_PROVE, ...proof },
    proofs: NO_PROOFS,
    asked,
    received: (bytes) => asked.upstreamBytes += bytes,
  };
}
