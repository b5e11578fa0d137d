/** What may come through, put together from a configuration. */
import { readFileSync } from "node:fs";
import type { Cache } from "../../cache/api.ts";
import type { TagName } from "../../cache/types.ts";
import { type SignatureOptions, Signatures } from "./signatures.ts";
import { TrustGate } from "./trust_gate.ts";
import type { Config } from "../config/schema.ts";
import { readLimited } from "../http/body.ts";
import { logger } from "../observe/log.ts";
import type { TrustBook } from "../trust/book.ts";
import { Elsewhere } from "../trust/elsewhere.ts";
import { keylessSigner } from "../trust/keyless_signer.ts";
import { keySigner, signingKey } from "../trust/key_signer.ts";

interface TrustParts {
  cache: Cache;
  book: TrustBook;
  onHeld?(name: TagName, digest: string, until: number): void;
  /** Unix milliseconds. */
  now(): number;
}

/** Longest answer of `policy.webhook` that is read, in bytes. */
const LONGEST = 64 * 1024;

/** The gate of `config`. Throws an error that names a file which cannot be used. */
export function trustOf(config: Config, { cache, book, onHeld, now }: TrustParts): TrustGate {
  const { warn } = logger("policy");
  const signersOf = signersIn((file) => readFileSync(file, "utf8"));
  const signatures = new Signatures(config, { cache, signersOf, warn, now });
  const elsewhere = elsewhereOf(config.policy.webhook, now);
  return new TrustGate(config, {
    ...{ cache, book, signatures, elsewhere, warn, now },
    onHeld: onHeld ?? (() => {}),
  });
}

/** Reads the files of a `require` by `read`. */
export function signersIn(read: (file: string) => string): SignatureOptions["signersOf"] {
  return ({ keys, certificate_identity: identity, issuer, trusted_root }) => [
    ...keys.length > 0 ? [keySigner(keys.map((file) => signingKey(read(file))))] : [],
    ...trusted_root ? [keylessSigner({ identity, issuer, root: read(trusted_root) })] : [],
  ];
}

function elsewhereOf(
  { url, timeout, on_error, remember, ca_file }: Config["policy"]["webhook"],
  now: () => number,
): Elsewhere | undefined {
  if (url === "") return undefined;
  const caCerts = ca_file ? [readFileSync(ca_file, "utf8")] : undefined;
  const client = caCerts && Deno.createHttpClient({ caCerts });
  return new Elsewhere({
    ...{ onError: on_error, remember, warn: logger("policy").warn, now },
    async post(body) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(timeout),
        redirect: "manual",
        ...(client ? { client } : {}),
      });
      const bytes = await readLimited(response, LONGEST);
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      if (!bytes) throw new Error(`its answer is longer than ${LONGEST} bytes`);
      return JSON.parse(new TextDecoder().decode(bytes));
    },
  });
}
