/** The listener's certificate, read again when its files change (cert-manager, certbot). */
import { FileWatch } from "../../base/file_watch.ts";
import { describeReadError } from "../../base/read_error.ts";
import { type Listener, ListenError } from "./listen.ts";

/** Where the certificate and its key are; both empty where there is none. */
export interface CertificateFiles {
  readonly cert_file: string;
  readonly key_file: string;
}

/** Told of a renewal, and of a certificate that cannot be used. */
export interface CertificateLog {
  info(line: string): void;
  error(line: string, details: { error: unknown }): void;
}

/** PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Which PEM blocks a file has to have one of (RFC 7468; PKCS #1 and SEC 1 for older keys). */
const EXPECTED = {
  certificate: /-----BEGIN CERTIFICATE-----/,
  "private key": /-----BEGIN (RSA |EC )?PRIVATE KEY-----/,
} as const;

/**
 * Reads the files of `tls`; `undefined` where none are set. Throws `ListenError` naming a file, and
 * its key below `section`.
 */
export async function readCertificate(
  tls: CertificateFiles,
  section = "tls",
): Promise<Certificate | undefined> {
  if (!tls.cert_file) return undefined;
  // One after the other: where both are wrong the same one is named each time.
  const cert = await read(`${section}.cert_file`, tls.cert_file, "certificate");
  const key = await read(`${section}.key_file`, tls.key_file, "private key");
  return { cert, key };
}

async function read(key: string, path: string, what: keyof typeof EXPECTED): Promise<string> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new ListenError(`${key}: cannot read ${path}: ${describeReadError(error)}`);
  });
  if (EXPECTED[what].test(text)) return text;
  throw new ListenError(`${key}: ${path} holds no ${what}; expected one in PEM (-----BEGIN …)`);
}

/** Keeps a listener on the latest certificate; one that cannot be used leaves the old in force. */
export class CertificateFollower {
  readonly #listener: Pick<Listener, "setCertificate">;
  readonly #watch = new FileWatch(() => void this.#changed());
  #tls: CertificateFiles;
  #current: Certificate;
  readonly #log: CertificateLog;
  readonly #section: string;

  /** `current` is what the listener was started with; `section` holds the keys of its files. */
  constructor(
    listener: Pick<Listener, "setCertificate">,
    tls: CertificateFiles,
    current: Certificate,
    log: CertificateLog,
    section = "tls",
  ) {
    this.#log = log;
    this.#section = section;
    this.#listener = listener;
    this.#tls = tls;
    this.#current = current;
  }

  /** Takes over another configuration; throws where its certificate cannot be used. */
  async follow(tls: CertificateFiles = this.#tls): Promise<void> {
    await this.#renew(tls);
    this.#tls = tls;
    const { cert, key } = this.#current;
    const texts = new Map([[tls.cert_file, cert], [tls.key_file, key]]);
    await this.#watch.watch([...texts.keys()], texts);
  }

  close(): void {
    this.#watch.close();
  }

  async #changed(): Promise<void> {
    try {
      await this.follow();
    } catch (error) {
      this.#log.error("the new certificate cannot be used; the old one stays", { error });
    }
  }

  async #renew(tls: CertificateFiles): Promise<void> {
    const found = await readCertificate(tls, this.#section);
    if (!found) {
      throw new ListenError(`${this.#section} cannot be turned off while running; start again`);
    }
    if (found.cert === this.#current.cert && found.key === this.#current.key) return;
    await this.#listener.setCertificate(found);
    this.#current = found;
    this.#log.info("the certificate was renewed");
  }
}
