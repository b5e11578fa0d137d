/**
 * The token server of a registry: docker-registry's `auth: token`
 * (https://distribution.github.io/distribution/spec/auth/token/). It signs in users, by Basic or by
 * OAuth2's password grant, and grants the scopes that are asked for and theirs.
 */
import type { KeyPair } from "./certificates.ts";

export interface Credentials {
  username: string;
  password: string;
}

export interface Account extends Credentials {
  /** The only repositories that it may pull from and push to; all where left out. */
  repositories?: string[];
}

interface TokenServer extends AsyncDisposable {
  /** What the registry names as realm. */
  readonly realm: string;
  readonly issuer: string;
  readonly service: string;
}

interface Signer {
  key: CryptoKey;
  /** The certificate, base64 of DER, as RFC 7515 section 4.1.6 wants it. */
  x5c: string;
}

/** Where a token server listens, and how the registry calls it. */
export interface TokenPlace {
  address: string;
  port: number;
  name: string;
}

/**
 * Starts one on a free port of loopback or at `place`, over TLS where `tls` is given; its tokens are
 * signed with `pair`'s P-256 key (ES256).
 */
export async function startTokenServer(
  pair: KeyPair,
  accounts: Account[],
  tls?: KeyPair,
  place?: TokenPlace,
): Promise<TokenServer> {
  const signer = await loadSigner(pair);
  const issuer = "berth-e2e";
  const service = "registry.e2e";

  const answer = async (request: Request): Promise<Response> => {
    const asked = await readRequest(request);
    const { username, password } = asked.credentials ?? {};
    const account = accounts.find((one) => one.username === username);
    if (account === undefined || account.password !== password) {
      return new Response("who are you?", { status: 401 });
    }
    const access = asked.scopes.flatMap(parseScope)
      .filter(({ name }) => account.repositories?.includes(name) ?? true);
    const now = Math.floor(Date.now() / 1000);
    const token = await sign(signer, {
      iss: issuer,
      aud: service,
      sub: account.username,
      jti: crypto.randomUUID(),
      iat: now,
      nbf: now - 10,
      exp: now + 300,
      access,
    });
    return Response.json({ token, access_token: token, expires_in: 300 });
  };
  const server = Deno.serve({
    hostname: place?.address ?? "127.0.0.1",
    port: place?.port ?? 0,
    onListen: () => {},
    ...(tls && {
      cert: await Deno.readTextFile(tls.certFile),
      key: await Deno.readTextFile(tls.keyFile),
    }),
  }, answer);
  const { port } = server.addr;
  return {
    realm: `${tls ? "https" : "http"}://${place?.name ?? "127.0.0.1"}:${port}/token`,
    issuer,
    service,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

interface TokenRequest {
  credentials: Credentials | undefined;
  scopes: string[];
}

async function readRequest(request: Request): Promise<TokenRequest> {
  if (request.method === "POST") {
    const form = new URLSearchParams(await request.text());
    return {
      credentials: { username: form.get("username") ?? "", password: form.get("password") ?? "" },
      scopes: (form.get("scope") ?? "").split(" "),
    };
  }
  const basic = /^Basic (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  const [username, password] = atob(basic ?? "").split(":");
  return {
    credentials: username && password ? { username, password } : undefined,
    scopes: new URL(request.url).searchParams.getAll("scope"),
  };
}

/** `repository:library/app:pull,push` as an entry of the token's `access` claim. */
function parseScope(scope: string): { type: string; name: string; actions: string[] }[] {
  const match = /^([a-z]+):(.+):([a-z*,]+)$/.exec(scope);
  return match ? [{ type: match[1]!, name: match[2]!, actions: match[3]!.split(",") }] : [];
}

async function loadSigner({ keyFile, certFile }: KeyPair): Promise<Signer> {
  const der = Uint8Array.fromBase64(pemBody(await Deno.readTextFile(keyFile)));
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return {
    key: await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]),
    x5c: pemBody(await Deno.readTextFile(certFile)),
  };
}

function pemBody(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/g, "");
}

async function sign({ key, x5c }: Signer, claims: object): Promise<string> {
  const part = (value: object) => base64Url(new TextEncoder().encode(JSON.stringify(value)));
  const signed = `${part({ typ: "JWT", alg: "ES256", x5c: [x5c] })}.${part(claims)}`;
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    key,
    new TextEncoder().encode(signed),
  );
  return `${signed}.${base64Url(new Uint8Array(signature))}`;
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
