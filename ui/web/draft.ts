/** A registry's settings while they are edited. */
import type { FieldProblem } from "../api/schema.ts";
import type { RegistrySettings } from "../api/schema/registries.ts";

/** Every setting that the form edits, with its value where nothing is set. */
export interface Draft {
  url: string;
  signIn: SignIn;
  username: string;
  password: string;
  password_file: string;
  header: string;
  header_file: string;
  identity_token: string;
  identity_token_file: string;
  docker_config: string;
  ecr_region: string;
  ecr_access_key_id: string;
  ecr_secret_access_key: string;
  ecr_secret_access_key_file: string;
  aliases: string[];
  hosts: string[];
  library: boolean;
  repo_prefix: string;
  users: string[];
  allow: string[];
  deny: string[];
  ttl: string;
  redirects: "follow" | "pass";
  insecure_tls: boolean;
  offline: boolean;
  ca_file: string;
}

/** How Berth, or its clients, sign in to the registry. */
export type SignIn =
  | "anonymous"
  | "password"
  | "header"
  | "token"
  | "docker"
  | "ecr"
  | "client";

/** The draft of `settings`; secrets are not known and stay empty. */
export function toDraft(settings: RegistrySettings): Draft {
  const { auth = {}, manifests = {} } = settings;
  return {
    url: settings.url,
    signIn: signInOf(settings),
    username: auth.username ?? "",
    password: "",
    password_file: auth.password_file ?? "",
    header: "",
    header_file: auth.header_file ?? "",
    identity_token: "",
    identity_token_file: auth.identity_token_file ?? "",
    docker_config: auth.docker_config ?? "",
    ecr_region: auth.ecr?.region ?? "",
    ecr_access_key_id: auth.ecr?.access_key_id ?? "",
    ecr_secret_access_key: "",
    ecr_secret_access_key_file: auth.ecr?.secret_access_key_file ?? "",
    aliases: settings.aliases ?? [],
    hosts: settings.hosts ?? [],
    library: settings.library ?? false,
    repo_prefix: settings.repo_prefix ?? "",
    users: settings.access?.users ?? [],
    allow: settings.allow ?? [],
    deny: settings.deny ?? [],
    ttl: manifests.ttl === undefined ? "" : String(manifests.ttl),
    redirects: settings.redirects === "pass" ? "pass" : "follow",
    insecure_tls: settings.insecure_tls ?? false,
    offline: settings.offline ?? false,
    ca_file: settings.ca_file ?? "",
  };
}

/** How `settings` sign in; `secrets` names the secrets that are set but not told. */
export function signInOf(settings: RegistrySettings, secrets: readonly string[] = []): SignIn {
  const { auth = {} } = settings;
  const has = (secret: string) => secrets.includes(`auth.${secret}`);
  if (auth.mode === "client") return "client";
  if (auth.ecr) return "ecr";
  if (auth.docker_config) return "docker";
  if (auth.header_file || has("header")) return "header";
  if (auth.identity_token_file || has("identity_token")) return "token";
  if (auth.username || auth.password_file || has("password")) return "password";
  return "anonymous";
}

type Auth = NonNullable<RegistrySettings["auth"]>;

/**
 * The settings that `draft` stands for, on top of `original`, whose settings that the form does not
 * know are kept. What is left at its default is left out; a secret of `secrets` is kept where the
 * draft has no new one and removed (an empty string) where it signs in otherwise.
 */
export function toSettings(
  draft: Draft,
  original: RegistrySettings,
  secrets: readonly string[],
): RegistrySettings {
  const settings: RegistrySettings = {
    ...original,
    url: draft.url.trim(),
    aliases: entries(draft.aliases),
    hosts: entries(draft.hosts),
    library: draft.library,
    repo_prefix: draft.repo_prefix.trim(),
    auth: authOf(draft, original.auth ?? {}, secrets),
    access: { users: entries(draft.users) },
    allow: entries(draft.allow),
    deny: entries(draft.deny),
    redirects: draft.redirects,
    insecure_tls: draft.insecure_tls,
    offline: draft.offline,
    ca_file: draft.ca_file.trim(),
    manifests: { ...original.manifests, ttl: ttlOf(draft.ttl) },
  };
  return prune(settings, original) as RegistrySettings;
}

const entries = (lines: readonly string[]): string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== "");

const ttlOf = (text: string): string | 0 | undefined => {
  const trimmed = text.trim();
  return trimmed === "" ? undefined : trimmed === "0" ? 0 : trimmed;
};

function authOf(draft: Draft, original: Auth, secrets: readonly string[]): Auth {
  const auth: Auth = { mode: draft.signIn === "client" ? "client" : "proxy" };
  const byHost = draft.signIn === "password" || draft.signIn === "anonymous";
  if (byHost && original.logins) auth.logins = original.logins;
  switch (draft.signIn) {
    case "password":
      auth.username = draft.username.trim();
      auth.password_file = draft.password_file.trim();
      if (original.token_server) auth.token_server = original.token_server;
      break;
    case "header":
      auth.header_file = draft.header_file.trim();
      break;
    case "token":
      auth.username = draft.username.trim();
      auth.identity_token_file = draft.identity_token_file.trim();
      break;
    case "docker":
      auth.docker_config = draft.docker_config.trim();
      break;
    case "ecr":
      auth.ecr = {
        ...original.ecr,
        region: draft.ecr_region.trim(),
        access_key_id: draft.ecr_access_key_id.trim(),
        secret_access_key_file: draft.ecr_secret_access_key_file.trim(),
      };
      break;
  }
  for (const [secret, kind] of [["password", "password"], ["header", "header"]] as const) {
    setSecret(auth, secret, draft.signIn === kind ? draft[secret] : undefined, secrets);
  }
  const token = draft.signIn === "token" ? draft.identity_token : undefined;
  setSecret(auth, "identity_token", token, secrets);
  if (auth.ecr && draft.ecr_secret_access_key !== "") {
    auth.ecr.secret_access_key = draft.ecr_secret_access_key;
  }
  return auth;
}

/** `value` undefined: the draft signs in otherwise. */
function setSecret(
  auth: Auth,
  name: "password" | "header" | "identity_token",
  value: string | undefined,
  secrets: readonly string[],
): void {
  if (value) auth[name] = value;
  else if (value === undefined && secrets.includes(`auth.${name}`)) auth[name] = "";
}

const DEFAULTS: Record<string, unknown> = { redirects: "follow", mode: "proxy" };
/** Said even when empty: an empty secret removes it, and no registry is without a URL. */
const KEPT = new Set(["url", "password", "header", "identity_token"]);

/** `value` without what says nothing: defaults, and empty values that were not there before. */
function prune(value: Record<string, unknown>, before: Record<string, unknown>): unknown {
  const kept: Record<string, unknown> = {};
  for (const [name, next] of Object.entries(value)) {
    const old = before[name];
    if (isRecord(next)) {
      const inner = prune(next, isRecord(old) ? old : {}) as Record<string, unknown>;
      if (Object.keys(inner).length > 0) kept[name] = inner;
    } else if (KEPT.has(name) || !isDefault(name, next)) kept[name] = next;
  }
  return kept;
}

function isDefault(name: string, value: unknown): boolean {
  return value === undefined || value === "" || value === false || value === DEFAULTS[name] ||
    (Array.isArray(value) && value.length === 0);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the server says of the setting at `path`, or of something in it; empty where nothing. */
export function complaintOf(fields: readonly FieldProblem[], path: string): string {
  const found = fields.find((field) => {
    const own = field.path.replace(/^registries\.[^.]+\./, "");
    return own === path || own.startsWith(`${path}.`);
  });
  return found?.message ?? "";
}
