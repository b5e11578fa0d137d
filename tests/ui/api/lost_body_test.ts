import assert from "node:assert/strict";
import { listen } from "../../../proxy/http/listen.ts";
import { adminFixture } from "../../fake/admin.ts";

Deno.test("createAdmin, a client that goes away within its body is no error of ours", async () => {
  await using admin = await adminFixture();
  const answered = Promise.withResolvers<number>();
  const listener = listen({
    address: { hostname: "127.0.0.1", port: 0 },
    handler: async (request, { peer }) => {
      const response = await admin.app.fetch(request, { peer });
      answered.resolve(response.status);
      return response;
    },
  });
  const client = await Deno.connect({ hostname: "127.0.0.1", port: listener.address.port });
  const head = "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\n" +
    "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
  await client.write(new TextEncoder().encode(head + '{"username":'));
  client.close();
  assert.equal(await answered.promise, 400);
  assert.deepEqual(admin.errors, []);
  await listener.close(0);
});
