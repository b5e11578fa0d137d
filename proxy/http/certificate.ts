/** The listener's certificate, read again when its files change (cert-manager, certbot). */
import type { Config } from "../config/schema.ts";
import { describeReadError } from "../config/system.ts";
import { FileWatch } from "../../base/file_watch.ts";
import { type Listener, ListenError } from "./listen.ts";
import { logger } from "../observe/log.ts";

/** PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Reads the files of `tls`; `undefined` where none are set. Throws `ListenError` naming a file. */
export async function readCertificate(tls: Config["tls"]): Promise<Certificate | undefined> {
  if (!tls.cert_file) return undefined;
  const [cert, key] = await Promise.all([
    read("tls.cert_file", tls.cert_file),
    read("tls.key_file", tls.key_file),
  ]);
  return { cert, key };
}

async function read(key: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new ListenError(`${key}: cannot read ${path}: ${describeReadError(error)}`);
  }
}

/** Keeps a listener on the latest certificate; one that cannot be used leaves the old in force. */
export class CertificateFollower {
  readonly #listener: Pick<Listener, "setCertificate">;
  readonly #watch = new FileWatch(() => void this.#changed());
  #tls: Config["tls"];
  #current: Certificate;

  /** `current` is what the listener was started with. */
  constructor(
    listener: Pick<Listener, "setCertificate">,
    tls: Config["tls"],
    current: Certificate,
  ) {
    this.#listener = listener;
    this.#tls = tls;
    this.#current = current;
  }

  /** Takes over another configuration; throws where its certificate cannot be used. */
  async follow(tls: Config["tls"] = this.#tls): Promise<void> {
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
      logger("tls").error("the new certificate cannot be used; the old one stays", { error });
    }
  }

  async #renew(tls: Config["tls"]): Promise<void> {
    const found = await readCertificate(tls);
    if (!found) throw new ListenError("tls cannot be turned off while running; start again");
    if (found.cert === this.#current.cert && found.key === this.#current.key) return;
    await this.#listener.setCertificate(found);
    this.#current = found;
    logger("tls").info("the certificate was renewed");
  }
}
