/** Which files hold the certificate of each port. */
import type { Config } from "./schema.ts";

/** Where a certificate and its key are; both empty where a port speaks plain HTTP. */
type CertificateFiles = Readonly<Pick<Config["tls"], "cert_file" | "key_file">>;

/** Those of the registry port. */
export function registryCertificate(
  { tls, cache }: Pick<Config, "tls" | "cache">,
): CertificateFiles {
  if (tls.acme.domains.length === 0) return tls;
  const file = acmeFile(tls.acme.directory, cache.dir);
  return { cert_file: file, key_file: file };
}

/**
 * Where the certificate that `directory` issues is kept, with its key behind it: each authority has a
 * file, so that one for trying out does not stand in the way of the real one.
 */
function acmeFile(directory: string, dir: string): string {
  const host = URL.parse(directory)?.host ?? "";
  return `${dir}/acme/${host.replaceAll(/[^a-z0-9.-]/g, "_")}.pem`;
}

/** Those of the dashboard's port. */
export function dashboardCertificate(
  config: Pick<Config, "tls" | "admin" | "cache">,
): CertificateFiles {
  const { tls } = config.admin;
  return tls === "registry" ? registryCertificate(config) : tls;
}
