import assert from "node:assert/strict";
import { Challenges } from "../../../proxy/acme/challenges.ts";
import { fakeMemory } from "../../fake/memory.ts";

Deno.test("challenges, what was set is answered, the rest is sent to https, strangers nowhere", async () => {
  const challenges = new Challenges();
  await challenges.set("token-1", "token-1.thumbprint");
  const domains = ["berth.example.com"];
  const table: [url: string, port: number, status: number, told: string][] = [
    ["http://berth.example.com/.well-known/acme-challenge/token-1", 443, 200, "token-1.thumbprint"],
    ["http://10.0.0.1/.well-known/acme-challenge/token-1", 443, 200, "token-1.thumbprint"],
    ["http://berth.example.com/.well-known/acme-challenge/other", 443, 404, ""],
    ["http://berth.example.com/v2/?a=b", 443, 308, "https://berth.example.com/v2/?a=b"],
    ["http://berth.example.com:8000/", 8443, 308, "https://berth.example.com:8443/"],
    [
      "http://berth.example.com//evil.example/x",
      443,
      308,
      "https://berth.example.com//evil.example/x",
    ],
    ["http://evil.example/", 443, 404, ""],
  ];
  for (const [url, port, status, told] of table) {
    const answer = await challenges.answer(new Request(url), { domains, port });
    assert.equal(answer.status, status, url);
    if (status === 200) assert.equal(await answer.text(), told);
    if (status === 308) assert.equal(answer.headers.get("location"), told);
  }
  await challenges.delete("token-1");
  const gone = await challenges.answer(new Request(table[0]![0]), { domains, port: 443 });
  assert.equal(gone.status, 404);
});

Deno.test("challenges, of a cluster each Berth answers what another was given", async () => {
  const memory = fakeMemory();
  const [one, other] = [new Challenges(memory), new Challenges(memory)];
  const url = "http://berth.example.com/.well-known/acme-challenge/";
  const to = { domains: ["berth.example.com"], port: 443 };
  const ask = (path: string) => other.answer(new Request(url + path), to);
  await one.set("token-1", "token-1.thumbprint");
  assert.equal(await (await ask("token-1")).text(), "token-1.thumbprint");
  for (const none of ["token-2", "a/b", "", "x".repeat(300)]) {
    assert.equal((await ask(none)).status, 404, none);
  }
  await one.delete("token-1");
  assert.equal((await ask("token-1")).status, 404);
  memory.away = true;
  await assert.rejects(one.set("token-3", "x"), /coordinator .* does not answer/);
});
