/** When the listener's certificate ends. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Who has just renewed it looks whether the notice is gone. */
const EVERY_MS = 30_000;

export interface CertificateEnd {
  file: string;
  /** Unix milliseconds after which no client takes it any more. */
  notAfter: number;
}

export class CertificateTerm {
  readonly #file: () => string;
  readonly #now: () => number;
  #read = { file: "", at: -Infinity };
  #end: CertificateEnd | undefined;

  /** `file` is the certificate's at the moment, empty where there is none; `now` in milliseconds. */
  constructor(file: () => string, now: () => number) {
    this.#file = file;
    this.#now = now;
  }

  /** As of the last {@linkcode refresh}; undefined where there is no certificate to read. */
  get end(): CertificateEnd | undefined {
    return this.#end;
  }

  /** Reads the file again, unless that was done a moment ago. What cannot be read is not known. */
  async refresh(): Promise<void> {
    const file = this.#file();
    if (file === this.#read.file && this.#now() - this.#read.at < EVERY_MS) return;
    this.#read = { file, at: this.#now() };
    this.#end = file === "" ? undefined : await endOf(file).catch(() => undefined);
  }
}

async function endOf(file: string): Promise<CertificateEnd> {
  const { validTo } = new X509Certificate(await readFile(file));
  return { file, notAfter: Date.parse(validTo) };
}
