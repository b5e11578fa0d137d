/** Tries to reach a registry, step by step, and says in words how far it came. */
import type { Registry } from "../config/schema.ts";
import { discard } from "../http/body.ts";
import type { Upstream } from "./client.ts";
import { createUpstream, type UpstreamOptions } from "./native.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { systemDial, systemLookup } from "./dial.ts";
import { portOf } from "./port.ts";
import { kindOfFailure, UpstreamError, type UpstreamErrorKind } from "./errors.ts";
import { challengeOf } from "./ping.ts";
import { proxyFor } from "./proxies.ts";
import { type Quota, QuotaBook } from "./quota.ts";

export interface ProbeStep {
  step: "dns" | "connect" | "tls" | "ping" | "sign-in" | "manifest";
  /** `Resolve registry-1.docker.io`. */
  title: string;
  /** `skipped`: not needed here, or an earlier step failed. */
  result: "ok" | "failed" | "skipped";
  ms: number;
  /** What was found, or what went wrong. */
  text: string;
}

export interface ProbeResult {
  ok: boolean;
  text: string;
  ms: number;
  steps: ProbeStep[];
  quota: Quota | undefined;
}

type ProbeOptions = Omit<UpstreamOptions, "retries" | "onAnswer">;

/** Docker's own repository for asking how much of the quota is left; HEAD is not counted. */
const QUOTA_HOST = "registry-1.docker.io";
const QUOTA_REPOSITORY = "ratelimitpreview/test";

/**
 * Looks up the name, connects, shakes hands, asks `/v2/`, signs in. Never throws for what the
 * registry does; throws the reason of `signal` when that aborts, and where `ca_file` cannot be read.
 */
export async function probe(
  registry: Registry,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ProbeResult> {
  if (registry.offline) return NOT_CONTACTED;
  const clock = options.clock ?? systemClock;
  const quotas = new QuotaBook();
  const onAnswer = (headers: Headers, status: number) =>
    quotas.observe(registry.name, headers, status, clock.now());
  const run = new Run(registry, { ...options, clock, retries: 0, onAnswer }, signal);
  const began = clock.now();
  await run.lookUp();
  await run.connect();
  await run.shakeHands();
  await run.ping();
  await run.signIn();
  await run.askQuota();
  signal.throwIfAborted();
  const failed = run.steps.find(({ result }) => result === "failed");
  return {
    ok: failed === undefined,
    text: failed?.text ?? run.summary,
    ms: clock.now() - began,
    steps: run.steps,
    quota: quotas.get(registry.name),
  };
}

const NOT_CONTACTED: ProbeResult = {
  ok: false,
  text: "Set to offline: Berth does not contact it",
  ms: 0,
  steps: [],
  quota: undefined,
};

/** What a step found; thrown errors mean that it failed. */
interface Finding {
  text: string;
  skipped?: boolean;
}

const NOT_REACHED = "Not tried, since an earlier step failed";

type RunOptions = UpstreamOptions & { clock: Clock };

class Run {
  readonly steps: ProbeStep[] = [];
  summary = "Reachable";
  readonly #registry: Registry;
  readonly #options: RunOptions;
  readonly #signal: AbortSignal;
  readonly #url: URL;
  readonly #host: string;
  readonly #viaProxy: boolean;
  #challenged = false;

  constructor(registry: Registry, options: RunOptions, signal: AbortSignal) {
    this.#registry = registry;
    this.#options = options;
    this.#signal = signal;
    this.#url = new URL(registry.url);
    this.#host = this.#url.hostname.replace(/^\[|\]$/g, "");
    this.#viaProxy = proxyFor(this.#url, options.env) !== undefined;
  }

  lookUp(): Promise<void> {
    return this.#step("dns", `Resolve ${this.#host}`, async () => {
      if (this.#viaProxy) return skipped("The outgoing proxy does that");
      const found = await (this.#options.lookup ?? systemLookup)(this.#host);
      if (found.includes(this.#host)) return skipped("Already an IP address");
      const shown = found.slice(0, 3).join(", ");
      return { text: found.length > 3 ? `${shown} and ${found.length - 3} more` : shown };
    }, "dns");
  }

  connect(): Promise<void> {
    const port = portOf(this.#url);
    return this.#step("connect", `Connect to port ${port}`, async () => {
      if (this.#viaProxy) return skipped("The outgoing proxy does that");
      const { connect } = this.#options.timeouts;
      const limit = AbortSignal.any([this.#signal, AbortSignal.timeout(connect)]);
      await (this.#options.dial ?? systemDial)(this.#host, port, limit);
      return { text: "Connected" };
    });
  }

  shakeHands(): Promise<void> {
    return this.#step("tls", "TLS handshake", async () => {
      if (this.#url.protocol === "http:") return skipped("Plain HTTP: nothing is encrypted");
      if (this.#viaProxy) return skipped("Happens behind the outgoing proxy");
      if (this.#registry.insecure_tls) return skipped("insecure_tls: certificates are not checked");
      await handshake(this.#host, portOf(this.#url), this.#registry.ca_file);
      return { text: "The certificate is valid" };
    }, "tls");
  }

  ping(): Promise<void> {
    return this.#step("ping", "Ask for /v2/", async () => {
      // In client mode nobody signs in: the answer shows what the registry asks for.
      const auth = { ...this.#registry.auth, mode: "client" as const };
      const response = await this.#asking(
        { ...this.#registry, auth },
        (it) => it.ping(this.#signal),
      );
      const { status } = response;
      this.#challenged = status === 401;
      if (status === 200) return { text: "It answers, and asks for no sign-in" };
      const realm = challengeOf(response)?.params.realm;
      const at = realm === undefined ? undefined : URL.parse(realm)?.host;
      if (status === 401) return { text: `It answers${at ? `, sign-in is at ${at}` : ""}` };
      if (status === 429) return { text: "It answers, and asks for fewer requests" };
      throw new ProbeFailure(
        status === 404
          ? "There is no registry at this URL: /v2/ is not found"
          : `It answered ${status} where 200 or 401 was expected`,
      );
    });
  }

  signIn(): Promise<void> {
    return this.#step("sign-in", "Sign in", async () => {
      if (this.#registry.auth.mode === "client") return skipped("Each client signs in itself");
      if (!this.#challenged) return skipped("Not asked for");
      const who = accountOf(this.#registry);
      const { status } = await this.#asking(this.#registry, (it) => it.ping(this.#signal));
      if (status < 400) {
        this.summary = `Reachable, signed in ${who ?? "anonymously"}`;
        return { text: `Signed in ${who ?? "anonymously"}` };
      }
      if (who !== undefined) {
        const answer = status === 401 ? "401 Unauthorized" : String(status);
        throw new ProbeFailure(`Login ${who} failed: ${answer}`);
      }
      this.summary = "Reachable; what may be pulled anonymously depends on the repository";
      return { text: "Anonymous access is denied in general; some repositories may be public" };
    });
  }

  async askQuota(): Promise<void> {
    if (this.#url.hostname !== QUOTA_HOST || this.#registry.auth.mode === "client") return;
    await this.#step("manifest", "Check the pull quota", async () => {
      const { status } = await this.#asking(this.#registry, async (it) => {
        return (await it.request({
          method: "HEAD",
          path: `/v2/${QUOTA_REPOSITORY}/manifests/latest`,
          scopes: [`repository:${QUOTA_REPOSITORY}:pull`],
          signal: this.#signal,
        })).response;
      });
      return status < 400 || status === 429
        ? { text: "Asked, which is not counted itself" }
        : skipped(`It answered ${status}`);
    });
  }

  /** Asks with a client of its own, so that nothing is remembered from before. */
  async #asking(
    registry: Registry,
    ask: (upstream: Upstream) => Promise<Response>,
  ): Promise<Response> {
    await using upstream = createUpstream(registry, this.#options);
    const response = await ask(upstream);
    await discard(response);
    return response;
  }

  async #step(
    step: ProbeStep["step"],
    title: string,
    work: () => Promise<Finding>,
    kind?: UpstreamErrorKind,
  ): Promise<void> {
    if (this.steps.some(({ result }) => result === "failed")) {
      this.steps.push({ step, title, result: "skipped", ms: 0, text: NOT_REACHED });
      return;
    }
    const { clock } = this.#options;
    const began = clock.now();
    const done = (result: ProbeStep["result"], text: string) =>
      this.steps.push({ step, title, result, ms: clock.now() - began, text });
    try {
      const { text, skipped } = await work();
      done(skipped ? "skipped" : "ok", text);
    } catch (error) {
      this.#signal.throwIfAborted();
      done("failed", explain(error, this.#registry.name, kind));
    }
  }
}

function skipped(text: string): Finding {
  return { text, skipped: true };
}

/** How we come: `as robot`; undefined for the anonymous. */
function accountOf({ auth }: Registry): string | undefined {
  if (auth.username) return `as ${auth.username}`;
  const configured = [auth.header, auth.identity_token, auth.docker_config, auth.ecr].some(Boolean);
  return configured ? "with the configured credentials" : undefined;
}

/** Rejects with what the TLS library says where the certificate is not good. */
async function handshake(hostname: string, port: number, caFile: string): Promise<void> {
  const caCerts = caFile ? [await Deno.readTextFile(caFile)] : [];
  const connection = await Deno.connectTls({ hostname, port, caCerts });
  try {
    await connection.handshake();
  } finally {
    connection.close();
  }
}

/** A step that failed for a reason that it has words for. */
class ProbeFailure extends Error {}

/** `error` in plain words; `kind` is what a failure of this step means. */
function explain(error: unknown, registry: string, kind?: UpstreamErrorKind): string {
  if (error instanceof ProbeFailure) return error.message;
  const known = error instanceof UpstreamError
    ? error
    : new UpstreamError(kind ?? kindOfFailure(error), registry);
  const text = known.message.replace(`${registry}: `, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
