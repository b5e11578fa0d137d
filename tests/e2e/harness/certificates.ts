/** Certificates of the tests' own, made anew in each run by openssl. */
import { join } from "node:path";
import { giveToBerth } from "./account.ts";
import { run } from "./process.ts";

/** The files of a key and its certificate, both PEM. */
export interface KeyPair {
  keyFile: string;
  certFile: string;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A self-signed certificate that may sign others, with its P-256 key, in `dir`. */
export async function makeAuthority(dir: string, name = "berth e2e CA"): Promise<KeyPair> {
  const pair = { keyFile: join(dir, "ca.key"), certFile: join(dir, "ca.crt") };
  await run("openssl", [
    ...["req", "-x509", ...NEW_KEY, "-days", "2", "-subj", `/CN=${name}`],
    ...["-keyout", pair.keyFile, "-out", pair.certFile],
  ]);
  return pair;
}

/** A server's certificate for `hosts`, names and IPv4 addresses, signed by `authority`, in `dir`. */
export async function makeServerCertificate(
  dir: string,
  authority: KeyPair,
  hosts: string[] = ["localhost", "127.0.0.1"],
): Promise<KeyPair> {
  const pair = { keyFile: join(dir, "server.key"), certFile: join(dir, "server.crt") };
  const request = join(dir, "server.csr");
  const extensions = join(dir, "server.ext");
  const names = hosts.map((host) => `${/^[\d.]+$/.test(host) ? "IP" : "DNS"}:${host}`);
  await Deno.writeTextFile(extensions, `subjectAltName=${names.join()}\n`);
  await run("openssl", [
    ...["req", ...NEW_KEY, "-subj", "/CN=localhost", "-keyout", pair.keyFile, "-out", request],
  ]);
  await run("openssl", [
    ...["x509", "-req", "-in", request, "-days", "2", "-extfile", extensions],
    ...["-CA", authority.certFile, "-CAkey", authority.keyFile, "-CAcreateserial"],
    ...["-out", pair.certFile],
  ]);
  await giveToBerth(pair.keyFile);
  return pair;
}
