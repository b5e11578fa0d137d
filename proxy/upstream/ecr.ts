/** Amazon ECR (private): a password of twelve hours, bought with AWS keys. */
import { AwsV4Signer } from "aws4fetch";
import type { Registry } from "../config/schema.ts";
import { readLimited } from "../http/body.ts";
import type { Clock } from "../../base/clock.ts";
import { Once } from "../../base/once.ts";
import type { Credential, Credentials } from "./credentials.ts";
import { UpstreamError } from "./errors.ts";
import type { Environment } from "./proxies.ts";
import type { Transport } from "./transport.ts";

/** Renewed this long before its end; twelve hours is what AWS gives. */
const MARGIN = 30 * 60_000;
const LIFE = 12 * 3600_000;

interface EcrOptions {
  registry: Registry;
  env: Environment;
  transport: Transport;
  clock: Clock;
}

/**
 * The `AWS:<password>` that GetAuthorizationToken gives, kept until shortly before its end, one
 * request at a time. Keys come from `auth.ecr`, else from `AWS_ACCESS_KEY_ID`,
 * `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; the region from `auth.ecr`, the registry's host
 * name or `AWS_REGION`. Throws {@linkcode UpstreamError}; a renewal that fails keeps what still works.
 */
export function ecrCredentials(options: EcrOptions): Credentials {
  const { clock } = options;
  let kept: { credential: Credential; expires: number } | undefined;
  const asking = new Once<Credential>();

  async function renew(): Promise<Credential> {
    try {
      kept = await getAuthorizationToken(options);
      return kept.credential;
    } catch (error) {
      if (kept && kept.expires > clock.now()) return kept.credential;
      throw error;
    }
  }

  return () => {
    if (kept && kept.expires - MARGIN > clock.now()) return Promise.resolve(kept.credential);
    return asking.run("token", renew);
  };
}

async function getAuthorizationToken({ registry, env, transport, clock }: EcrOptions) {
  const call = ecrCall(registry, env);
  if (!call) {
    const reason = "auth.ecr needs a region and AWS keys, here or in the environment";
    throw new UpstreamError("auth", registry.name, { reason });
  }
  const signer = new AwsV4Signer({
    ...call,
    service: "ecr",
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
    },
    body: "{}",
    datetime: new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const { url, headers } = await signer.sign();
  headers.set("accept-encoding", "identity");
  const body = new TextEncoder().encode("{}");
  const response = await transport.send({ method: "POST", url, headers, body });
  const answer = await readLimited(response, 1 << 20);
  const found = response.status === 200 ? parseAuthorization(answer, clock.now()) : undefined;
  if (found) return found;
  const reason = `AWS did not give an authorization token (status ${response.status})`;
  throw new UpstreamError("auth", registry.name, { reason });
}

/** Where to ask and with which keys; undefined where something is missing. */
export function ecrCall({ url, auth }: Registry, env: Environment) {
  const given = auth.ecr;
  const host = new URL(url).hostname;
  const region = given?.region || /\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1] ||
    env.AWS_REGION || env.AWS_DEFAULT_REGION;
  // Keys belong together: those of the configuration, or those of the environment.
  const keys = given?.access_key_id
    ? {
      accessKeyId: given.access_key_id,
      secretAccessKey: given.secret_access_key,
      sessionToken: given.session_token,
    }
    : {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      sessionToken: env.AWS_SESSION_TOKEN,
    };
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  if (!region || !accessKeyId || !secretAccessKey) return undefined;
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return {
    url: given?.endpoint || `https://api.ecr.${region}.${suffix}/`,
    region,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
  };
}

interface AuthorizationAnswer {
  authorizationData?: { authorizationToken?: string; expiresAt?: number }[];
}

function parseAuthorization(bytes: Uint8Array | undefined, now: number) {
  try {
    const answer: AuthorizationAnswer = JSON.parse(new TextDecoder().decode(bytes));
    const { authorizationToken = "", expiresAt } = answer.authorizationData?.[0] ?? {};
    const [username, password] = atob(authorizationToken).split(/:(.*)/s);
    if (!username || !password) return undefined;
    const expires = typeof expiresAt === "number" ? expiresAt * 1000 : now + LIFE;
    return { credential: { kind: "basic" as const, username, password }, expires };
  } catch {
    return undefined;
  }
}
