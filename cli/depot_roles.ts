/**
 * Keys of the role that a pod, a task or a machine has at AWS, in the order of AWS's own SDKs:
 * <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.
 */
import type { S3Keys, S3Request, S3Send } from "../cache/depot_options.ts";
import { DepotError } from "../cache/errors.ts";
import type { Environment } from "../proxy/upstream/proxies.ts";

export interface RoleOptions {
  env: Environment;
  region: string;
  /** Sends a request to AWS; redirects are answers. */
  send: S3Send;
  /** The same without any proxy, and soon: what is asked lives on this machine. */
  sendNear: S3Send;
  readText: (file: string) => Promise<string>;
  /** Unix milliseconds. */
  now: () => number;
}

/** Keys and when they end, in Unix milliseconds. */
interface Lent {
  keys: S3Keys;
  ends: number;
}

/** They are asked for again so long before they end, and at most once in {@linkcode RESTS}. */
const EARLY = 5 * 60e3;
const RESTS = 60e3;
/** For keys that do not say how long they last: the least that STS gives. */
const UNTOLD = 15 * 60e3;
const ECS = "http://169.254.170.2";
const IMDS = "http://169.254.169.254";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
/** What keys may be asked of without TLS: this machine, and the agents of ECS and EKS on it. */
const NEAR = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/;

/**
 * A function that gives the keys of the role, asked for once for everybody and again before they end.
 * It throws {@linkcode DepotError}, which says what was tried.
 */
export function roleKeys(options: RoleOptions): () => Promise<S3Keys> {
  const { now } = options;
  const ask = wayTo(options);
  let lent: Lent | undefined;
  let again = 0;
  let asking: Promise<void> | undefined;
  const renew = async () => {
    try {
      lent = await ask();
      again = Math.max(now() + RESTS, lent.ends - EARLY);
    } catch (error) {
      if (!lent || lent.ends <= now()) throw error;
      again = now() + RESTS; // Those that are here are good for a while.
    }
  };
  return async () => {
    if (!lent || now() >= again || now() >= lent.ends) {
      await (asking ??= renew().finally(() => asking = undefined));
    }
    return lent!.keys;
  };
}

/** Where AWS has `service` in `region`. */
export function awsUrl(service: "s3" | "sts", region: string): string {
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://${service}.${region}.${suffix}/`;
}

/** The first way for which this surrounding has what it takes. Throws where there is none. */
function wayTo(options: RoleOptions): () => Promise<Lent> {
  const { env } = options;
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE) return () => byWebIdentity(options);
  if (env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI) {
    return () => byContainer(options);
  }
  if (/^true$/i.test(env.AWS_EC2_METADATA_DISABLED ?? "")) {
    throw nothing("and AWS_EC2_METADATA_DISABLED is");
  }
  return () => byMachine(options);
}

/** EKS: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html, unsigned. */
async function byWebIdentity({ env, region, send, readText, now }: RoleOptions): Promise<Lent> {
  const what = "AWS_WEB_IDENTITY_TOKEN_FILE";
  const role = env.AWS_ROLE_ARN;
  if (!role) throw refused(what, "AWS_ROLE_ARN is missing");
  const token = await fileOf(env.AWS_WEB_IDENTITY_TOKEN_FILE!, what, readText);
  const url = env.AWS_ENDPOINT_URL_STS || awsUrl("sts", region);
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: env.AWS_ROLE_SESSION_NAME || "berth",
    WebIdentityToken: token,
  });
  const xml = await textOf(what, send, request(url, "POST", FORM, encode(`${body}`)));
  return lentOf(what, {
    AccessKeyId: elementOf(xml, "AccessKeyId"),
    SecretAccessKey: elementOf(xml, "SecretAccessKey"),
    Token: elementOf(xml, "SessionToken"),
    Expiration: elementOf(xml, "Expiration"),
  }, now());
}

/** ECS and EKS: docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html. */
async function byContainer({ env, sendNear, readText, now }: RoleOptions): Promise<Lent> {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const what = relative
    ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const url = URL.parse(relative ? ECS + relative : env.AWS_CONTAINER_CREDENTIALS_FULL_URI!);
  const near = url?.protocol === "http:" && NEAR.test(url.hostname);
  if (!url || (relative && url.origin !== ECS) || !(near || url.protocol === "https:")) {
    throw refused(what, "expected https://…, or an address of this machine or of AWS's agent");
  }
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const token = file
    ? await fileOf(file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", readText)
    : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  if (/[\r\n]/.test(token ?? "")) throw refused(what, "its token has more than one line");
  const headers: Record<string, string> = token ? { authorization: token } : {};
  return parsed(what, await textOf(what, sendNear, request(url, "GET", headers)), now());
}

/** EC2, by IMDSv2: docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html. */
async function byMachine({ env, sendNear, now }: RoleOptions): Promise<Lent> {
  const base = (env.AWS_EC2_METADATA_SERVICE_ENDPOINT || IMDS).replace(/\/$/, "");
  const what = `the machine's role (${new URL(base).host})`;
  const ttl = { "x-aws-ec2-metadata-token-ttl-seconds": "21600" };
  const ask = request(`${base}/latest/api/token`, "PUT", ttl, encode(""));
  const token = await textOf(what, sendNear, ask).catch((error) => {
    throw nothing(`and ${error.reason}`);
  });
  const headers = { "x-aws-ec2-metadata-token": token };
  const roles = `${base}/latest/meta-data/iam/security-credentials/`;
  const names = await textOf(what, sendNear, request(roles, "GET", headers));
  const role = names.trim().split("\n")[0]!;
  const asked = request(roles + encodeURIComponent(role), "GET", headers);
  return parsed(what, await textOf(what, sendNear, asked), now());
}

function request(
  url: string | URL,
  method: string,
  headers: Record<string, string>,
  body?: Uint8Array<ArrayBuffer>,
): S3Request {
  const length = body ? { "content-length": String(body.length) } : {};
  return {
    method,
    url: new URL(url),
    headers: new Headers({ "accept-encoding": "identity", ...length, ...headers }),
    ...(body && { body }),
  };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function textOf(what: string, send: S3Send, request: S3Request): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await send(request);
    text = await response.text();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepotError("away", "access_key_id", `${what}: ${reason}`, { cause });
  }
  if (response.ok) return text;
  // Codes such as ExpiredTokenException say why; what stands around them is not for a log.
  const code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1] ?? "";
  const said = `it answered ${response.status} ${code}`.trim();
  if (response.status < 500 && response.status !== 429) throw refused(what, said);
  throw new DepotError("away", "access_key_id", `${what}: ${said}`);
}

function parsed(what: string, json: string, now: number): Lent {
  try {
    return lentOf(what, JSON.parse(json), now);
  } catch (error) {
    if (error instanceof DepotError) throw error;
    throw refused(what, "its answer is no JSON");
  }
}

function lentOf(what: string, answer: Record<string, unknown>, now: number): Lent {
  const { AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration: end } = answer;
  if (typeof id !== "string" || typeof secret !== "string" || !id || !secret) {
    throw refused(what, "its answer has no keys");
  }
  const sessionToken = typeof token === "string" && token ? token : undefined;
  const ends = Date.parse(String(end)) || now + UNTOLD;
  return { keys: { accessKeyId: id, secretAccessKey: secret, sessionToken }, ends };
}

async function fileOf(file: string, what: string, read: RoleOptions["readText"]): Promise<string> {
  try {
    return (await read(file)).trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepotError("settings", "access_key_id", `${what}: ${reason}`, { cause });
  }
}

function nothing(reason: string): DepotError {
  return new DepotError(
    "settings",
    "access_key_id",
    "no key, neither here nor in AWS_ACCESS_KEY_ID, and no role: neither " +
      "AWS_WEB_IDENTITY_TOKEN_FILE nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set, " + reason,
  );
}

function refused(what: string, reason: string): DepotError {
  return new DepotError("settings", "access_key_id", `${what}: ${reason}`);
}

function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}
