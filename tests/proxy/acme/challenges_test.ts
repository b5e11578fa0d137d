import assert from "node:assert/strict";
import { Challenges } from "../../../proxy/acme/challenges.ts";

Deno.test("challenges, what was set is answered, the rest is sent to https, strangers nowhere", async () => {
  const challenges = new Challenges();
  challenges.set("token-1", "token-1.thumbprint");
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
    const answer = challenges.answer(new Request(url), { domains, port });
    assert.equal(answer.status, status, url);
    if (status === 200) assert.equal(await answer.text(), told);
    if (status === 308) assert.equal(answer.headers.get("location"), told);
  }
  challenges.delete("token-1");
  const gone = challenges.answer(new Request(table[0]![0]), { domains, port: 443 });
  assert.equal(gone.status, 404);
});
