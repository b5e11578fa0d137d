import assert from "node:assert/strict";
import { systemDial, systemLookup } from "../../../proxy/upstream/dial.ts";

Deno.test("systemDial, an open port, a closed one, and one that is given up", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const never = new AbortController();
  await systemDial("127.0.0.1", port, never.signal);
  (await listener.accept()).close();
  listener.close();
  await assert.rejects(systemDial("127.0.0.1", port, never.signal), { code: "ECONNREFUSED" });
  never.abort(new Error("given up"));
  await assert.rejects(systemDial("127.0.0.1", port, never.signal), /given up/);
});

Deno.test("systemLookup, an address is its own, brackets or not", async () => {
  assert.deepEqual(await systemLookup("127.0.0.1"), ["127.0.0.1"]);
  assert.deepEqual(await systemLookup("[::1]"), ["::1"]);
  await assert.rejects(systemLookup("no-such-host.invalid"));
});
