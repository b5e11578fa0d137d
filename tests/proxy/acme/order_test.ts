import assert from "node:assert/strict";
import { Challenges } from "../../../proxy/acme/challenges.ts";
import { obtain } from "../../../proxy/acme/order.ts";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { testCertificate } from "../../fake/cert.ts";
import { CLOSED_PORT } from "../../fake/ports.ts";

Deno.test("order, an authority that gives no answer is told in words, and who is to be trusted", async () => {
  const dir = await Deno.makeTempDir({ prefix: "berth-order-" });
  const { cert, key } = await testCertificate();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
    () => Response.json({}, { status: 503 }),
  );
  const table: [directory: string, kind: string | undefined, words: RegExp][] = [
    [
      `http://127.0.0.1:${CLOSED_PORT}/dir`,
      "refused",
      /^127\.0\.0\.1:10: the connection was refused$/,
    ],
    [`https://127.0.0.1:${server.addr.port}/dir`, "tls", /handshake failed .*tls\.acme\.ca_file/],
  ];
  try {
    for (const [directory, kind, words] of table) {
      const order = {
        directory,
        domains: ["r.example.com"],
        email: "",
        accountFile: `${dir}/a.key`,
      };
      await assert.rejects(obtain(order, new Challenges()), (error) => {
        assert.ok(error instanceof UpstreamError, String(error));
        assert.equal(error.kind, kind);
        assert.match(error.message, words);
        return true;
      });
    }
    assert.equal((await Deno.stat(`${dir}/a.key`)).mode! & 0o777, 0o600);
  } finally {
    await server.shutdown();
    await Deno.remove(dir, { recursive: true });
  }
});
