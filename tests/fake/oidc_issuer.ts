/** An OpenID Connect provider in this process, which signs in whoever asks, as `claims` say. */
import { Buffer } from "node:buffer";
import { createHash, randomUUID } from "node:crypto";

export const CLIENT = { id: "berth", secret: "a secret of the client" } as const;

type Json = Record<string, unknown>;

interface Grant {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirect: string;
}

export interface Issuer extends AsyncDisposable {
  readonly url: string;
  /** How often each path was asked for. */
  readonly asked: Map<string, number>;
  /** What it says of itself, beside the usual. */
  metadata: Json;
  /** What the ID token says, beside the usual. */
  claims: Json;
  /** What the userinfo endpoint says. */
  userinfo: Json;
  /** Changes the head of the ID token. */
  head: Json;
  /** Signs by a key that is not its own. */
  forges: boolean;
  /** Takes a code more than once. */
  forgets: boolean;
  /** Answers 503 to everything. */
  down: boolean;
  /** What a browser comes back with that goes to `url`. */
  visit(url: string): URLSearchParams;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const EC = { name: "ECDSA", namedCurve: "P-256" } as const;
const newKeys = () => crypto.subtle.generateKey(EC, true, ["sign", "verify"]);

/** Starts one at a free port of this machine; with TLS where a certificate is given. */
export async function startIssuer(tls?: { cert: string; key: string }): Promise<Issuer> {
  const [own, another] = [await newKeys(), await newKeys()];
  const jwk = { ...await crypto.subtle.exportKey("jwk", own.publicKey), kid: "1", alg: "ES256" };
  const grants = new Map<string, Grant>();

  const idToken = async ({ nonce }: Grant) => {
    const now = Math.floor(Date.now() / 1000);
    const standard = { iss: issuer.url, aud: CLIENT.id, sub: "42", iat: now, exp: now + 60, nonce };
    const head = { alg: "ES256", typ: "JWT", kid: "1", ...issuer.head };
    const text = `${encode(head)}.${encode({ ...standard, ...issuer.claims })}`;
    const { privateKey } = issuer.forges ? another : own;
    const how = { name: "ECDSA", hash: "SHA-256" };
    const signature = await crypto.subtle.sign(how, privateKey, Buffer.from(text));
    return `${text}.${Buffer.from(signature).toString("base64url")}`;
  };

  const token = async (request: Request) => {
    const form = new URLSearchParams(await request.text());
    const login = [CLIENT.id, CLIENT.secret].map(encodeURIComponent).join(":").replaceAll(
      "%20",
      "+",
    );
    const known = request.headers.get("authorization") === `Basic ${btoa(login)}`;
    const grant = grants.get(form.get("code") ?? "");
    if (!issuer.forgets) grants.delete(form.get("code") ?? "");
    const verifier = createHash("sha256").update(form.get("code_verifier") ?? "");
    const fits = grant && verifier.digest("base64url") === grant.challenge &&
      form.get("redirect_uri") === grant.redirect;
    if (!known) return Response.json({ error: "invalid_client" }, { status: 401 });
    if (!fits) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const tokens = { access_token: "opaque", token_type: "Bearer", id_token: await idToken(grant) };
    return Response.json(tokens);
  };

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    issuer.asked.set(pathname, (issuer.asked.get(pathname) ?? 0) + 1);
    if (issuer.down) return new Response(null, { status: 503 });
    if (pathname === "/token") return await token(request);
    if (pathname === "/jwks") return Response.json({ keys: [jwk] });
    if (pathname === "/userinfo") return Response.json({ sub: "42", ...issuer.userinfo });
    return Response.json({
      issuer: issuer.url,
      authorization_endpoint: `${issuer.url}/authorize`,
      token_endpoint: `${issuer.url}/token`,
      jwks_uri: `${issuer.url}/jwks`,
      response_types_supported: ["code"],
      id_token_signing_alg_values_supported: ["ES256"],
      authorization_response_iss_parameter_supported: true,
      ...issuer.metadata,
    });
  };

  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls };
  const server = Deno.serve(options, answer);
  const issuer: Issuer = {
    url: `${tls ? "https" : "http"}://127.0.0.1:${server.addr.port}`,
    asked: new Map(),
    ...{ metadata: {}, claims: {}, userinfo: {}, head: {} },
    ...{ forges: false, forgets: false, down: false },
    visit(url) {
      const { searchParams } = new URL(url);
      const code = randomUUID();
      grants.set(code, {
        nonce: searchParams.get("nonce")!,
        challenge: searchParams.get("code_challenge")!,
        redirect: searchParams.get("redirect_uri")!,
      });
      return new URLSearchParams({ code, state: searchParams.get("state")!, iss: issuer.url });
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return issuer;
}
