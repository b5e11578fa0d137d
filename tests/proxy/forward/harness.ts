/** A forward proxy on loopback, with what its tests ask of it. */
import { createAllowList } from "../../../proxy/forward/hosts/allow_list.ts";
import { type Authority, openAuthority } from "../../../proxy/forward/intercept/ca.ts";
import type { ForwardSettings } from "../../../proxy/forward/context.ts";
import type { ForwardCaller } from "../../../proxy/forward/http/handler.ts";
import type { ForwardEvent } from "../../../proxy/forward/events.ts";
import { describe } from "../../../proxy/forward/events.ts";
import {
  type ForwardOptions,
  type ForwardProxy,
  startForward,
} from "../../../proxy/forward/forward.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { FakeClock } from "../../fake/clock.ts";

const registries = {
  docker: { url: "https://registry-1.docker.io", aliases: ["docker.io"], library: true },
  quay: { url: "https://quay.io" },
  plain: { url: "http://plain.example:5000" },
};

/** Settings as they follow from a configuration with these `forward` keys. */
export function settingsFor(
  forward: Record<string, unknown> = {},
  more: Partial<ForwardSettings> = {},
): ForwardSettings {
  const config = configSchema.parse({ registries, forward: { intercept: ["docker"], ...forward } });
  return {
    allowList: createAllowList(config),
    authority: undefined,
    authenticate: undefined,
    admits: () => true,
    idleTimeout: 300_000,
    trace: false,
    ...more,
  };
}

/** A CA in a directory that is gone afterwards. */
export async function temporaryAuthority(hosts = ["docker.io", "quay.io"]): Promise<Authority> {
  const dir = await Deno.makeTempDir();
  try {
    const all = [...hosts, "registry-1.docker.io"];
    return await openAuthority({ dir, hosts: all, now: Date.now() });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

export interface Call {
  request: Request;
  caller: ForwardCaller;
}

/** The proxy under test with everything that it told and asked. */
export class Harness implements AsyncDisposable {
  /** Begins now: clients check certificates by the real time. */
  readonly clock = new FakeClock(Date.now());
  readonly calls: Call[] = [];
  readonly events: ForwardEvent[] = [];
  readonly proxy: ForwardProxy;
  /** Addresses of names; others do not exist. */
  readonly names: Record<string, string[]> = {};

  constructor(options: Partial<ForwardOptions> = {}) {
    this.proxy = startForward({
      listen: "127.0.0.1:0",
      handler: (request, caller) => {
        this.calls.push({ request, caller });
        return Promise.resolve(new Response(`${request.method} ${request.url}`));
      },
      ownPorts: () => [],
      events: (event) => void this.events.push(event),
      clock: this.clock,
      resolve: (host) => {
        const addresses = this.names[host];
        return addresses ? Promise.resolve(addresses) : Promise.reject(new Error("no such name"));
      },
      ...settingsFor(),
      ...options,
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.proxy.addr.port}`;
  }

  /** The log as people would read it. */
  get lines(): string[] {
    return this.events.map((event) => describe(event).message);
  }

  /** A client that goes through the proxy as any other does. */
  client(authority?: Authority, more: Deno.CreateHttpClientOptions = {}): Deno.HttpClient {
    return Deno.createHttpClient({
      proxy: { url: this.url },
      ...(authority ? { caCerts: [authority.pem] } : {}),
      ...more,
    });
  }

  /** A bare connection to the forward port. */
  async connection(): Promise<Wire> {
    return new Wire(await Deno.connect({ hostname: "127.0.0.1", port: this.proxy.addr.port }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close(0);
  }
}

/** A connection that is written and read by hand. */
export class Wire implements Disposable {
  constructor(readonly connection: Deno.TcpConn) {}

  async send(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let done = 0; done < bytes.length;) {
      done += await this.connection.write(bytes.subarray(done));
    }
  }

  /** Reads until `end` has been seen, or the other side is done. */
  async until(end: string): Promise<string> {
    let text = "";
    const buffer = new Uint8Array(4096);
    while (!text.includes(end)) {
      const size = await this.connection.read(buffer);
      if (size === null) break;
      text += new TextDecoder("latin1").decode(buffer.subarray(0, size));
    }
    return text;
  }

  /** Everything up to the end of the connection. */
  rest(): Promise<string> {
    return this.until("\u0000never");
  }

  /** Asks for a tunnel and returns the head of the answer. */
  async connect(target: string, headers = ""): Promise<string> {
    await this.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${headers}\r\n`);
    return await this.until("\r\n\r\n");
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch {
      // It has been handed on, or is closed.
    }
  }
}

/** A server on loopback that gives each connection to `serve`. */
export class TcpServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running: Promise<void>;
  readonly port = this.#listener.addr.port;

  constructor(serve: (wire: Wire) => Promise<void>) {
    this.#running = this.#accept(serve);
  }

  async #accept(serve: (wire: Wire) => Promise<void>): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      const wire = new Wire(connection);
      serving.push(serve(wire).finally(() => wire[Symbol.dispose]()));
    }
    await Promise.allSettled(serving);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }
}
