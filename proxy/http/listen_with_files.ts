/** A listener whose certificate is in files, which may change. */
import {
  type CertificateFiles,
  CertificateFollower,
  type CertificateLog,
  readCertificate,
} from "./certificate.ts";
import { listen, type Listener, type ListenOptions } from "./listen.ts";

export interface FollowingListener extends Pick<Listener, "address" | "close"> {
  /**
   * Takes over another configuration's files; throws where their certificate cannot be used. One that
   * listens in plain HTTP goes on so.
   */
  follow(files: CertificateFiles): Promise<void>;
}

/** Listens over TLS where `files` are set. `section` is what errors call the keys of the files by. */
export async function listenWithFiles(
  options: Omit<ListenOptions, "tls">,
  files: CertificateFiles,
  { section, log }: { section: string; log: CertificateLog },
): Promise<FollowingListener> {
  const tls = await readCertificate(files, section);
  const listener = listen({ ...options, tls });
  const follower = tls && new CertificateFollower(listener, files, tls, log, section);
  await follower?.follow();
  return {
    address: listener.address,
    async follow(next) {
      await follower?.follow(next);
    },
    async close(graceMs) {
      follower?.close();
      await listener.close(graceMs);
    },
  };
}
