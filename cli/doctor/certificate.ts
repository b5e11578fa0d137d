/** The certificates that clients are shown: can they be read, do they fit, how long are they good. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { formatDuration } from "../../base/units.ts";
import { readStored } from "../../proxy/acme/stored.ts";
import { dashboardCertificate, registryCertificate } from "../../proxy/config/certificates.ts";
import type { Config } from "../../proxy/config/schema.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** As the notice on the dashboard. */
const SOON_MS = 14 * 86400e3;

/** One finding for each port with TLS; `now` in Unix milliseconds. */
export async function certificateFindings(config: Config, now: number): Promise<Finding[]> {
  const registry = registryCertificate(config);
  const dashboard = dashboardCertificate(config);
  const public_host = URL.parse(config.public_url)?.hostname;
  const names = [
    ...public_host ? [public_host] : [],
    ...Object.values(config.registries).flatMap(({ hosts }) => hosts),
  ];
  if (config.tls.acme.domains.length > 0) {
    const issued = await readStored(registry.cert_file);
    if (!issued || issued.placeholder) {
      const next =
        "The log of a running Berth has the authority's words. Each domain must lead here, " +
        "at port 80.";
      return [warning("tls.acme", "no certificate has been issued yet", next)];
    }
  }
  const own = dashboard.cert_file === registry.cert_file ? [] : [
    await certificateFinding("admin.tls", dashboard, [], now),
  ];
  return [await certificateFinding("tls", registry, names, now), ...own].flat();
}

async function certificateFinding(
  section: string,
  { cert_file, key_file }: { cert_file: string; key_file: string },
  names: readonly string[],
  now: number,
): Promise<Finding[]> {
  if (cert_file === "") return [];
  const check = `${section}.cert_file`;
  try {
    const certificate = new X509Certificate(await readFile(cert_file));
    const left = Date.parse(certificate.validTo) - now;
    const until = new Date(certificate.validTo).toISOString().slice(0, 10);
    if (!certificate.checkPrivateKey(privateKeyIn(await readFile(key_file, "utf8")))) {
      return [problem(check, `${key_file} is not the key of ${cert_file}`, "Put both in place.")];
    }
    if (left <= 0) return [problem(check, `expired on ${until}`, "Renew it.")];
    if (Date.parse(certificate.validFrom) > now) {
      const next = "Check the clock of this machine.";
      return [problem(check, `not valid before ${certificate.validFrom}`, next)];
    }
    const missing = names.filter((name) => !certificate.checkHost(name));
    if (missing.length > 0) {
      const next = "Clients that use these names refuse it: have them added to the certificate.";
      return [warning(check, `does not name ${missing.join(", ")}`, next)];
    }
    if (left < SOON_MS) {
      return [warning(check, `expires on ${until}, in ${formatDuration(left)}`, "Renew it.")];
    }
    return [ok(check, `good until ${until}`)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [problem(check, `${cert_file}, ${key_file}: ${reason}`, "Expected PEM files.")];
  }
}

/** The first key in a file, which may hold the certificate before it. */
function privateKeyIn(pem: string) {
  const [key] = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]*?-----END \1-----/.exec(pem) ?? [pem];
  return createPrivateKey(key);
}
