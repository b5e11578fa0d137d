/** The CA that signs for intercepted registries: made once and kept, or the operator's own. */
import "reflect-metadata"; // @peculiar/x509 cannot be loaded without.
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { dirname, join } from "node:path";
import { describeWriteError, writeAtomically } from "../../../base/atomic_file.ts";
import { describeReadError } from "../../../base/read_error.ts";
import { CaError } from "./ca_error.ts";
import { nameConstraints, permits } from "./constraints.ts";
import { importKey, parseCertificates } from "./pem.ts";

const DAY = 86_400_000;
const LIFETIME = 3650 * DAY;
const WARN_BEFORE = 30 * DAY;

/** A CA that can sign: its certificate, its key, and what clients are to know of it. */
export interface Authority {
  certificate: X509Certificate;
  key: CryptoKey;
  /** What clients must trust, PEM. */
  pem: string;
  /** What goes after a leaf in the handshake, PEM; empty where clients hold the signer itself. */
  chain: string;
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint` prints it. */
  fingerprint: string;
  /** Unix milliseconds. */
  notAfter: number;
  /** The files it was read from, with what they held. */
  files: ReadonlyMap<string, string>;
  /** Whether its name constraints, if any, let it sign for `host`. */
  covers(host: string): boolean;
}

interface AuthorityOptions {
  /** Where a CA of Berth's own is kept: `ca.crt` and `ca.key`. */
  dir: string;
  /** The operator's own, PEM; both or neither. */
  certFile?: string;
  keyFile?: string;
  /** Hosts that a new CA may sign for; an existing one keeps its own. */
  hosts: string[];
  /** Unix milliseconds. */
  now: number;
}

/**
 * The CA of `options`: read when it is there, made when it is not. Throws {@linkcode CaError} when a
 * file is missing, unreadable, no CA, expired, or the key belongs to another certificate.
 */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { certFile = "", keyFile = "", now } = options;
  if (certFile && keyFile) return await readAuthority(certFile, keyFile, now);
  const own = { cert: join(options.dir, "ca.crt"), key: join(options.dir, "ca.key") };
  // The certificate is written last: a key without one has never been given to a client.
  if (!await exists(own.cert)) await makeAuthority(options, own);
  return await readAuthority(own.cert, own.key, now);
}

/** A line for the log when the CA ends within 30 days; `undefined` otherwise. */
export function expiryWarning(authority: Authority, now: number): string | undefined {
  const left = authority.notAfter - now;
  if (left > WARN_BEFORE) return undefined;
  const date = new Date(authority.notAfter).toISOString().slice(0, 10);
  const when = left > 0 ? `expires in ${Math.ceil(left / DAY)} days, on ${date}` : "has expired";
  return `the forward proxy's CA ${when}; make a new one and run the setup script on each client`;
}

/** The directory of Berth's own CA: `/ca` where that exists (a mounted volume), else in the cache's. */
export async function authorityDir(cacheDir: string, mounted = "/ca"): Promise<string> {
  const isDirectory = await Deno.stat(mounted).then((info) => info.isDirectory, () => false);
  return isDirectory ? mounted : join(cacheDir, "ca");
}

async function makeAuthority(
  { hosts, now }: AuthorityOptions,
  files: { cert: string; key: string },
): Promise<void> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ O: ["Berth"] }, { CN: [`Berth CA ${new Date(now).toISOString().slice(0, 10)}`] }],
    keys,
    signingAlgorithm: algorithm,
    serialNumber: serialNumber(),
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + LIFETIME),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      nameConstraints(hosts),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  await writeFile(files.key, `${PemConverter.encode(key, "PRIVATE KEY")}\n`, 0o600);
  await writeFile(files.cert, `${certificate.toString("pem")}\n`, 0o644);
}

/** A positive serial of 127 random bits (RFC 5280, 4.1.2.2: at most 20 octets, never negative). */
export function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toHex();
}

async function readAuthority(certFile: string, keyFile: string, now: number): Promise<Authority> {
  const files = new Map([[certFile, await read(certFile)], [keyFile, await read(keyFile)]]);
  const certificates = parseCertificates(files.get(certFile)!, certFile);
  const key = await importKey(files.get(keyFile)!, keyFile);
  const certificate = certificates[0]!;
  check(certificate, certFile, now);
  if (!await belongs(certificate, key)) {
    throw new CaError(`${keyFile}: the key does not belong to the certificate in ${certFile}`);
  }
  const pem = (list: X509Certificate[]) => list.map((one) => `${one.toString("pem")}\n`).join("");
  const selfSigned = await Promise.all(certificates.map((one) => one.isSelfSigned()));
  return {
    certificate,
    key,
    pem: pem(certificates),
    chain: pem(certificates.filter((_, index) => !selfSigned[index])),
    fingerprint: await fingerprint(certificate),
    notAfter: certificate.notAfter.getTime(),
    files,
    covers: (host) => permits(certificate, host),
  };
}

function check(certificate: X509Certificate, file: string, now: number): void {
  const basic = certificate.getExtension(BasicConstraintsExtension);
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
  const signs = usages === undefined || (usages & KeyUsageFlags.keyCertSign) !== 0;
  if (!basic?.ca || !signs) {
    throw new CaError(
      `${file}: expected the certificate of a CA (CA:TRUE, keyCertSign), ` +
        `found ${certificate.subject}, which may not sign certificates`,
    );
  }
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (certificate.notAfter.getTime() <= now) {
    throw new CaError(`${file}: the CA expired on ${day(certificate.notAfter)}`);
  }
  if (certificate.notBefore.getTime() > now) {
    throw new CaError(`${file}: the CA is not valid before ${day(certificate.notBefore)}`);
  }
}

async function belongs(certificate: X509Certificate, key: CryptoKey): Promise<boolean> {
  const algorithm = { ...key.algorithm, hash: "SHA-256" };
  const data = new TextEncoder().encode("berth");
  const signature = await crypto.subtle.sign(algorithm, key, data);
  try {
    const publicKey = await certificate.publicKey.export(key.algorithm, ["verify"]);
    return await crypto.subtle.verify(algorithm, publicKey, signature, data);
  } catch {
    return false; // An RSA key beside an EC certificate, or another curve.
  }
}

async function fingerprint(certificate: X509Certificate): Promise<string> {
  const hash = new Uint8Array(await certificate.getThumbprint("SHA-256"));
  return hash.toHex().toUpperCase().match(/../g)!.join(":");
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new CaError(`${file}: ${describeReadError(cause)}`, { cause });
  }
}

async function exists(file: string): Promise<boolean> {
  return await Deno.lstat(file).then(() => true, () => false);
}

async function writeFile(file: string, text: string, mode: number): Promise<void> {
  try {
    await Deno.mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeAtomically(file, text, mode);
  } catch (cause) {
    throw new CaError(`${file}: cannot be written: ${describeWriteError(cause)}`, { cause });
  }
}
