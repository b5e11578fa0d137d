/** Debian's docker-registry (distribution 2.8), in the forms that registries come in. */
import { join } from "node:path";
import { type KeyPair, makeAuthority, makeServerCertificate } from "./certificates.ts";
import { run, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import {
  type Account,
  type Credentials,
  startTokenServer,
  type TokenPlace,
} from "./token_server.ts";
import { answers } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

/** Open to all; behind Basic; behind a token server; each over TLS with a CA of its own or not. */
export type RegistryKind = "open" | "htpasswd" | "token" | `tls${"" | "-htpasswd" | "-token"}`;

export interface RegistryOptions {
  kind?: RegistryKind;
  /** Turns it into a pull-through cache of this URL. */
  proxy?: string;
  /** Where it keeps what it has, as its configuration says that; a directory of its own when left out. */
  storage?: Record<string, unknown>;
  /** Who may sign in besides the one who may do everything; for one behind a token server. */
  guests?: Account[];
  /** Its address; 127.0.0.1 when left out. */
  address?: string;
  /** Its port; a free one when left out. */
  port?: number;
  /** Names that its certificate is for besides its address. */
  names?: string[];
  /** Who may do everything. */
  credentials?: Credentials;
  /** Where its token server is, for one that has such. */
  tokenServer?: TokenPlace;
}

export interface RealRegistry extends AsyncDisposable {
  readonly kind: RegistryKind;
  readonly url: string;
  /** `host:port` as image names spell it. */
  readonly host: string;
  readonly pid: number;
  /** What it asks of its users; `undefined` when it is open. */
  readonly credentials: Credentials | undefined;
  /** The certificate to trust, for one over TLS. */
  readonly caFile: string | undefined;
  output(): Promise<string>;
  /** Takes it and its token server down for good. */
  stop(): Promise<void>;
}

const CREDENTIALS: Credentials = { username: "captain", password: "s3cret-of-the-upstream" };

/** Starts a registry with an empty store of its own and waits until it answers. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RealRegistry> {
  const kind = options.kind ?? "open";
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("registry")).path;
  const port = options.port ?? freePort();
  const address = options.address ?? "127.0.0.1";
  const host = `${address}:${port}`;
  const credentials = options.credentials ?? CREDENTIALS;
  const secure = kind.startsWith("tls");
  const asksBasic = kind.endsWith("htpasswd");
  const asksToken = kind.endsWith("token");
  const pair = secure || asksToken ? await makeAuthority(dir) : undefined;
  const names = [
    "localhost",
    address,
    ...options.names ?? [],
    ...options.tokenServer ? [options.tokenServer.name] : [],
  ];
  const tls = secure && pair ? await makeServerCertificate(dir, pair, names) : undefined;
  const config = {
    version: "0.1",
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      ...(options.storage ?? { filesystem: { rootdirectory: join(dir, "store") } }),
      delete: { enabled: true },
    },
    http: {
      addr: host,
      secret: "berth-e2e",
      ...(tls && { tls: { certificate: tls.certFile, key: tls.keyFile } }),
    },
    ...(options.proxy && { proxy: { remoteurl: options.proxy } }),
    ...(asksBasic && { auth: { htpasswd: await htpasswd(dir, credentials) } }),
    ...(asksToken && pair && {
      auth: {
        token: await tokenAuth(stack, pair, {
          accounts: [credentials, ...options.guests ?? []],
          tls,
          place: options.tokenServer,
        }),
      },
    }),
  };
  const configFile = join(dir, "config.yml"); // JSON is YAML.
  await Deno.writeTextFile(configFile, JSON.stringify(config));

  const url = `${tls ? "https" : "http"}://${host}`;
  const client = await trusting(stack, tls && pair?.certFile);
  const process = stack.use(
    await start("docker-registry", ["serve", configFile], {
      // An empty one is none: it would not start where the machine has a bundle of its own.
      env: { OTEL_TRACES_EXPORTER: "none", AWS_CA_BUNDLE: "" },
      ready: () => answers(`${url}/v2/`, client ? { client } : {}),
    }),
  );
  const owned = stack.move();
  return {
    kind,
    url,
    host,
    pid: process.pid,
    credentials: asksBasic || asksToken ? credentials : undefined,
    caFile: tls && pair?.certFile,
    output: process.output,
    stop: () => owned.disposeAsync(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function htpasswd(
  dir: string,
  { username, password }: Credentials,
): Promise<{ realm: string; path: string }> {
  const path = join(dir, "htpasswd");
  const line = await run("htpasswd", ["-Bbn", username, password]);
  await Deno.writeTextFile(path, line);
  return { realm: "berth e2e", path };
}

async function tokenAuth(
  stack: AsyncDisposableStack,
  pair: KeyPair,
  { accounts, tls, place }: {
    accounts: Account[];
    tls: KeyPair | undefined;
    place: TokenPlace | undefined;
  },
) {
  const { realm, issuer, service } = stack.use(
    await startTokenServer(pair, accounts, tls, place),
  );
  return { realm, issuer, service, rootcertbundle: pair.certFile };
}

async function trusting(
  stack: AsyncDisposableStack,
  caFile: string | undefined,
): Promise<Deno.HttpClient | undefined> {
  if (!caFile) return undefined;
  return stack.adopt(
    Deno.createHttpClient({ caCerts: [await Deno.readTextFile(caFile)] }),
    (client) => client.close(),
  );
}
