/** What single values of the configuration may be: how each is read, and what was expected instead. */
import { z } from "zod";
import { BadPattern, parsePattern } from "../../base/image_pattern.ts";
import { parseDuration, parseSize, parseSpeed } from "../../base/units.ts";

/** What the options table needs to know of a key beyond its type. */
interface KeyMeta {
  /** How its text is read: from the environment and flags everything is text. */
  kind?: "size" | "duration" | "listen" | "regex" | "url";
  /** Never shown: not in errors, not in print-outs, not in the API. */
  secret?: true;
}
export const keyMeta = z.registry<KeyMeta>();

/** What a key of each kind takes, as the end of a sentence that begins with "expected". */
export const EXPECTED: Readonly<Record<NonNullable<KeyMeta["kind"]>, string>> = {
  size: "a size such as 32GiB, 500MB or 1g",
  duration: "a duration such as 30s, 10m, 1h or 60d",
  listen: "an address such as :8080, 127.0.0.1:8080 or [::1]:8080",
  regex: "a regular expression",
  url: "a URL such as https://registry.example.com, without credentials or query",
};

export const secret = () => z.string().register(keyMeta, { secret: true });

export const size = () =>
  z.union([z.number().int().nonnegative(), z.string()]).transform((value, ctx) => {
    const bytes = typeof value === "number" ? value : parseSize(value);
    if (bytes !== undefined) return bytes;
    ctx.addIssue({ code: "custom", message: `expected ${EXPECTED.size}` });
    return z.NEVER;
  }).register(keyMeta, { kind: "size" });

export const duration = () =>
  z.union([z.literal(0), z.string()]).transform((value, ctx) => {
    const ms = parseDuration(String(value));
    if (ms !== undefined) return ms;
    ctx.addIssue({ code: "custom", message: `expected ${EXPECTED.duration}` });
    return z.NEVER;
  }).register(keyMeta, { kind: "duration" });

export const regex = () =>
  z.string().refine((value) => {
    try {
      new RegExp(value);
      return true;
    } catch {
      return false;
    }
  }, `expected ${EXPECTED.regex}`).register(keyMeta, { kind: "regex" });

/** A URL of the web, without credentials, query and fragment. */
function isPlainUrl(text: string): boolean {
  const parsed = URL.parse(text);
  return parsed !== null && /^https?:$/.test(parsed.protocol) && !parsed.search && !parsed.hash &&
    !parsed.username;
}

export const url = () =>
  z.string().refine(isPlainUrl, `expected ${EXPECTED.url}`).register(
    keyMeta,
    { kind: "url" },
  );

/** A secret itself: whoever knows the address of a Slack hook can post there. */
export const hookUrl = () =>
  z.string().refine((value) => {
    const parsed = URL.parse(value);
    return parsed !== null && /^https?:$/.test(parsed.protocol) && !parsed.hash && !parsed.username;
  }, "expected a URL such as https://hooks.example.com/berth, without credentials").register(
    keyMeta,
    { secret: true },
  );

export const tokenUrl = () =>
  z.string().refine((value) => {
    const parsed = URL.parse(value, "http://berth/");
    return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.pathname !== "/" &&
      !parsed.search && !parsed.hash && !parsed.username;
  }, "expected a path such as /token, or a URL");

export const depotUrl = () =>
  z.string().refine((value) => {
    const parsed = URL.parse(value);
    const place = parsed?.protocol === "s3:" ? /^[a-z0-9][a-z0-9.-]{1,62}$/.test(parsed.host) : (
      parsed?.protocol === "file:" && parsed.host === "" && parsed.pathname !== "/"
    );
    return place && !parsed!.search && !parsed!.hash && !parsed!.username;
  }, "expected s3://bucket/prefix or file:///a/directory");

export const listen = () =>
  z.union([z.number().int().min(0).max(65535).transform((port) => `:${port}`), z.string()]).refine(
    (value) => value === "" || parseListen(value) !== undefined,
    `expected ${EXPECTED.listen}`,
  ).register(keyMeta, { kind: "listen" });

/** Splits `host:port`; an empty host is every address, v4 and v6. `undefined` when malformed. */
export function parseListen(text: string): { hostname: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s/]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) return undefined;
  return { hostname: match[1] ?? match[2] ?? "", port };
}

export const issuerUrl = () =>
  z.string().refine(
    isPlainUrl,
    "expected a URL such as https://login.example.com/realms/main, as the provider calls itself",
  );

/** Bytes a second; the unit may be left out. */
export const rate = () =>
  z.union([z.number().int().nonnegative(), z.string()]).transform((value, ctx) => {
    const bytes = typeof value === "number" ? value : (parseSpeed(value) ?? parseSize(value));
    if (bytes !== undefined) return bytes;
    ctx.addIssue({ code: "custom", message: "expected a rate such as 20MiB/s, or 0" });
    return z.NEVER;
  }).register(keyMeta, { kind: "size" });

export const imagePattern = () =>
  z.string().superRefine((text, ctx) => {
    try {
      parsePattern(text);
    } catch (error) {
      if (!(error instanceof BadPattern)) throw error;
      ctx.addIssue({ code: "custom", message: error.expected });
    }
  });

export const timeZone = () =>
  z.string().refine((name) => {
    try {
      return name === "" || new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
    } catch {
      return false;
    }
  }, "expected a time zone such as Europe/Berlin");
