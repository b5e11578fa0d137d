/** WWW-Authenticate, as RFC 9110 (11.6.1) has it and as registries write it. */

export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  scheme: string;
  /** Names in lower case. */
  params: Readonly<Record<string, string>>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** An unquoted value should be a token, and yet realms with slashes are sent so. */
const PARAM = new RegExp(`^(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+))`);
const SCHEME = new RegExp(`^(${TOKEN})(?=[ \\t,]|$)`);

/**
 * All challenges of a WWW-Authenticate value: several may share a line, and quoted values may hold
 * commas. What cannot be read is skipped.
 */
export function parseChallenges(header: string | null): Challenge[] {
  const challenges: { scheme: string; params: Record<string, string> }[] = [];
  let rest = header ?? "";
  while (rest !== "") {
    rest = rest.replace(/^[\s,]+/, "");
    const param = PARAM.exec(rest);
    const current = challenges.at(-1);
    if (param && current) {
      const [, name = "", quoted, bare] = param;
      current.params[name.toLowerCase()] ??= quoted ? unescape(quoted) : bare ?? "";
    }
    const scheme = param ? null : SCHEME.exec(rest);
    if (scheme) challenges.push({ scheme: scheme[1]!.toLowerCase(), params: {} });
    rest = rest.slice((param ?? scheme)?.[0].length ?? 1);
  }
  return challenges;
}

function unescape(quoted: string): string {
  return quoted.replace(/\\(.)/g, "$1");
}

/** The challenge to answer: a bearer one that names a realm before a basic one. */
export function bestChallenge(challenges: Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme, params }) => scheme === "bearer" && params.realm) ??
    challenges.find(({ scheme }) => scheme === "basic");
}
