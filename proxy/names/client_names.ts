/**
 * What upstream says, in the names that a client behind a `repo_prefix` knows. What lies in front of
 * the prefix is none of its business, so what cannot be put into its names is left out. Pure.
 */
import { literal } from "../../base/glob.ts";
import { OciError } from "../oci/errors.ts";
import { calledAs, clientName, type Target } from "./target.ts";

/** `text` in the client's names; `undefined` where it would still show what the prefix hides. */
export function inClientsNames(target: Target, text: string): string | undefined {
  const { registry, repository, spelled } = target;
  const { repo_prefix } = registry;
  if (!repo_prefix || spelled.startsWith(`${repo_prefix}/`)) return text;
  const { host, hostname } = new URL(registry.url);
  const names = [repository, `${repo_prefix}/`].filter((name) => name !== "").map(literal);
  // Names at the odd places, what stands between them at the even ones.
  const named = [...names, literal(host)].join("|");
  const parts = text.split(new RegExp(`(?<![a-z0-9._-])(${named})`));
  const secrets = [hostname, repo_prefix, repo_prefix.split("/")[0]!].map(literal).join("|");
  const telling = new RegExp(`(?<![a-z0-9])(?:${secrets})(?![a-z0-9])`, "i");
  const mapped = parts.map((part, index) => {
    if (index % 2 === 0) return telling.test(part) ? undefined : part;
    return part === host ? calledAs(target) : clientName(target, part);
  });
  return mapped.includes(undefined) ? undefined : mapped.join("");
}

/** `error` in the client's names; what cannot be is the code's own message, without detail. */
export function errorForClient(target: Target, error: OciError): OciError {
  const { code, status, headers } = error;
  const message = inClientsNames(target, error.message);
  const detail = inClientsNames(target, JSON.stringify(error.detail ?? null));
  if (message === error.message && detail === JSON.stringify(error.detail ?? null)) return error;
  return new OciError(code, {
    ...(message === undefined ? {} : { message }),
    detail: detail === undefined ? null : JSON.parse(detail),
    status,
    headers,
    cause: error,
  });
}
