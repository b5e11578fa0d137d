import assert from "node:assert/strict";
import { readCertificate } from "../../../proxy/http/certificate.ts";
import { ListenError } from "../../../proxy/http/listen.ts";

Deno.test("readCertificate, a file without what it should hold is named", async () => {
  const dir = await Deno.makeTempDir({ prefix: "berth-certificate-" });
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${dir}/${name}`, text);
    return `${dir}/${name}`;
  };
  try {
    const cert = await write("cert.pem", "-----BEGIN CERTIFICATE-----\n");
    const key = await write("key.pem", "-----BEGIN EC PRIVATE KEY-----\n");
    const empty = await write("empty.pem", "");
    const table: [string, string, string][] = [
      [empty, key, `tls.cert_file: ${empty} holds no certificate; `],
      [key, key, `tls.cert_file: ${key} holds no certificate; `],
      [cert, cert, `tls.key_file: ${cert} holds no private key; `],
      [cert, `${dir}/none`, `tls.key_file: cannot read ${dir}/none: there is no such file`],
    ];
    for (const [cert_file, key_file, message] of table) {
      await assert.rejects(
        readCertificate({ cert_file, key_file }),
        (error) => error instanceof ListenError && error.message.startsWith(message),
        message,
      );
    }
    const found = await readCertificate({ cert_file: cert, key_file: key });
    assert.match(found!.key, /EC PRIVATE KEY/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
