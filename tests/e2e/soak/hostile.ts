/** Requests that mean harm, and what no answer to them may be. */
import assert from "node:assert/strict";
import type { Dice } from "./dice.ts";
import { type SoakLab, VAULT_IMAGE } from "./lab.ts";

const ZEROS = `sha256:${"0".repeat(64)}`;

/** Milliseconds; what has not been said by then is no answer. */
const PATIENCE = 1000;

/** Heads that no library would send, each after its request line. */
const HEADS = [
  "GET /v2/../../etc/passwd HTTP/1.1",
  "GET /v2/%2e%2e%2f%2e%2e%2fetc%2fpasswd/manifests/latest HTTP/1.1",
  "GET /v2/soak/app-1/blobs/sha256:../../../index.db HTTP/1.1",
  `GET /v2/soak/app-1/blobs/sha512:${"0".repeat(64)} HTTP/1.1`,
  `GET /v2/soak/app-1/blobs/${ZEROS}%00.txt HTTP/1.1`,
  "GET /v2/soak/app-1/manifests/latest?ns=169.254.169.254 HTTP/1.1",
  "GET /v2/169.254.169.254/latest/manifests/meta-data HTTP/1.1",
  "GET http://169.254.169.254/latest/meta-data HTTP/1.1",
  "CONNECT 169.254.169.254:80 HTTP/1.1",
  `GET /v2/soak/app-1/manifests/${"a".repeat(5000)} HTTP/1.1`,
  `GET /v2/${"a/".repeat(2000)}manifests/latest HTTP/1.1`,
  "POST /v2/soak/app-1/blobs/uploads/ HTTP/1.1\r\nContent-Length: 99999999999999",
  "PUT /v2/soak/app-1/manifests/latest HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3",
  `DELETE /v2/soak/app-1/blobs/${ZEROS} HTTP/1.1`,
  "GET /v2/ HTTP/1.1\r\nRange: bytes=0-0,1-1,2-2,3-3,4-4,5-5",
  "GET /v2/ HTTP/1.1\r\nAuthorization: Bearer ../../../etc/passwd",
  `GET /v2/ HTTP/1.1\r\nAuthorization: Basic ${"A".repeat(8000)}`,
  "GET /v2/ HTTP/1.1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: evil.example",
  "GET /v2/ HTTP/1.1\r\nX-A: b\nX-Injected: yes",
  "\u0000\u0001\u0002\u0003",
  "GET",
];

/** Sends a few of them, at random; how many. Throws at an answer that gives something away. */
export async function attack(lab: SoakLab, dice: Dice): Promise<number> {
  const host = new URL(lab.berth.url).host;
  const blob = dice.pick(lab.secretImage.blobs).digest;
  // Berth itself looks now and then whether the vault is there.
  const asked = () => lab.vault.count("GET", /^\/v2\/./) + lab.vault.count("HEAD", /^\/v2\/./);
  const before = asked();
  const heads = Array.from({ length: 5 }, () => dice.pick(HEADS));
  const lines = (head: string, ...more: string[]) =>
    [head, "Host: berth", ...more, "Connection: close", "", ""].join("\r\n");
  const whole = heads.map((head) => lines(head, ...dice.chance(0.5) ? [auth(lab.reader)] : []));
  // A digest is no key: not under its own name, another's, or that of a repository that is not there.
  const theirs = [VAULT_IMAGE, "soak/app-1", "vault/soak/app-1", "hub/vault/app"].map((name) =>
    lines(`GET /v2/${name}/blobs/${blob} HTTP/1.1`, auth(lab.reader))
  );
  const named = [
    `GET /v2/vault/${VAULT_IMAGE}/manifests/latest`,
    "GET /v2/vault/no/such/manifests/1",
  ]
    .map((head) => lines(`${head} HTTP/1.1`, auth(lab.reader)));
  const requests = [...whole, ...theirs, ...named];
  await Promise.all(requests.map(async (request) => {
    // While Berth is down nobody listens, which is no answer.
    const answer = await send(host, request).catch(() => "");
    innocent(answer, request, lab);
  }));
  assert.equal(asked(), before, "the vault was asked for somebody who may not");
  return requests.length;
}

/** What comes back for bytes as they are, as long as the patience of their sender lasts. */
async function send(host: string, request: string): Promise<string> {
  const [hostname = "", port] = host.split(":");
  using socket = await Deno.connect({ hostname, port: Number(port) });
  // One whose body never comes is answered, and waited for.
  const timer = setTimeout(() => socket.close(), PATIENCE);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  try {
    await socket.write(new TextEncoder().encode(request));
    for (let read; (read = await socket.read(buffer)) !== null;) {
      text += decoder.decode(buffer.subarray(0, read));
    }
  } catch {
    // A server that has heard enough resets the connection; what it said before that counts.
  } finally {
    clearTimeout(timer);
  }
  return text;
}

const auth = (value: string) => `Authorization: ${value}`;

function innocent(answer: string, request: string, lab: SoakLab): void {
  const what = `${request.slice(0, 200)}\n${answer.slice(0, 600)}`;
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
  assert.ok(status !== 500, what);
  assert.doesNotMatch(
    answer,
    /root:x:0|at .*\.ts:\d+|node_modules|X-Injected|evil\.example/i,
    what,
  );
  const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
  assert.ok(body.length < 20_000, `as much as a layer: ${what}`);
  for (const [name, secret] of lab.secrets) assert.ok(!answer.includes(secret), `${name}: ${what}`);
}
