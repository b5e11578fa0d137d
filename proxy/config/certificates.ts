/** Which files hold the certificate of each port. */
import type { Config } from "./schema.ts";

/** Where a certificate and its key are; both empty where a port speaks plain HTTP. */
type CertificateFiles = Readonly<Pick<Config["tls"], "cert_file" | "key_file">>;

/** Those of the registry port. */
export function registryCertificate({ tls }: Pick<Config, "tls">): CertificateFiles {
  return tls;
}

/** Those of the dashboard's port. */
export function dashboardCertificate(config: Pick<Config, "tls" | "admin">): CertificateFiles {
  const { tls } = config.admin;
  return tls === "registry" ? registryCertificate(config) : tls;
}
