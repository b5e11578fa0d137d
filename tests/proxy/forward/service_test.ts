import assert from "node:assert/strict";
import { join } from "node:path";
import { type Config, configSchema } from "../../../proxy/config/schema.ts";
import { caCommand } from "../../../cli/ca_command.ts";
import { describe, type ForwardEvent } from "../../../proxy/forward/events.ts";
import { type ForwardParts, ForwardService } from "../../../proxy/forward/service.ts";
import { FakeClock } from "../../fake/clock.ts";
import { makeCa } from "./authority.ts";

const DAY = 86_400_000;

interface Setting {
  dir: string;
  clock: FakeClock;
  events: ForwardEvent[];
  parts: ForwardParts;
  config(forward?: Record<string, unknown>): Config;
}

async function inTemp(test: (setting: Setting) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const clock = new FakeClock(Date.now());
  const events: ForwardEvent[] = [];
  const parts: ForwardParts = {
    handler: (_, { registry }) => Promise.resolve(new Response(registry ?? "")),
    authenticator: () => undefined,
    env: {},
    ownPorts: () => [],
    events: (event) => void events.push(event),
    clock,
  };
  const config = (forward: Record<string, unknown> = {}) =>
    configSchema.parse({
      cache: { dir },
      registries: { docker: { url: "https://registry-1.docker.io", aliases: ["docker.io"] } },
      forward: { listen: "127.0.0.1:0", intercept: ["docker"], ...forward },
    });
  try {
    await test({ dir, clock, events, parts, config });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function pem(service: ForwardService): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${service.address!.port}/ca.crt`);
  return await response.text();
}

Deno.test("ForwardService, off without an address, and no CA is made", () =>
  inTemp(async ({ dir, parts, config }) => {
    const service = await ForwardService.start(config({ listen: "" }), parts);
    assert.equal(service.address, undefined);
    await service.reconfigure(config({ listen: "127.0.0.1:0" }));
    assert.equal(service.address, undefined, "an address is for the next start");
    assert.deepEqual([service.tunnels(), service.refused()], [[], []]);
    await service.close(0);
    assert.deepEqual([...Deno.readDirSync(dir)], []);
  }));

Deno.test("ForwardService, a restart keeps the CA", () =>
  inTemp(async ({ parts, config }) => {
    const seen: string[] = [];
    for (let start = 0; start < 2; start++) {
      const service = await ForwardService.start(config(), parts);
      seen.push(await pem(service));
      await service.close(0);
    }
    assert.match(seen[0]!, /BEGIN CERTIFICATE/);
    assert.equal(seen[1], seen[0]);
  }));

Deno.test("ForwardService, a configuration that cannot be used changes nothing", () =>
  inTemp(async ({ dir, parts, config }) => {
    const service = await ForwardService.start(config(), parts);
    const before = await pem(service);
    const broken = { ca_cert_file: join(dir, "none.crt"), ca_key_file: join(dir, "none.key") };
    await assert.rejects(service.reconfigure(config(broken)), /none\.crt: there is no such file/);
    assert.equal(await pem(service), before);
    await service.reconfigure(config({ intercept: [] }));
    assert.match(await pem(service), /nothing is intercepted/);
    await service.close(0);
  }));

Deno.test("ForwardService, warns at the start and daily when the CA is about to expire", () =>
  inTemp(async ({ dir, clock, events, parts, config }) => {
    const own = join(dir, "own");
    await Deno.mkdir(own);
    const until = clock.now() - Date.UTC(2026, 7, 1) + 31 * DAY;
    const { certFile, keyFile } = await makeCa(own, { until });
    const forward = { ca_cert_file: certFile, ca_key_file: keyFile };
    const service = await ForwardService.start(config(forward), parts);
    const warnings = () => events.map((event) => describe(event).message);
    assert.deepEqual(warnings(), []);
    await clock.advance(DAY);
    await clock.advance(DAY);
    assert.equal(warnings().length, 2);
    assert.match(warnings()[0]!, /CA expires in 30 days/);
    await service.close(0);
  }));

Deno.test("caCommand, prints the certificate that a start then uses", () =>
  inTemp(async ({ dir, parts, config }) => {
    const file = join(dir, "berth.json");
    await Deno.writeTextFile(file, JSON.stringify({ cache: { dir } }));
    const [printed, said]: [string[], string[]] = [[], []];
    const io = {
      env: {},
      cwd: dir,
      print: (line: string) => void printed.push(line),
      complain: (line: string) => void said.push(line),
    };
    assert.equal(await caCommand(["--config", file], io), 0);
    const service = await ForwardService.start(config(), parts);
    assert.equal(`${printed.join("\n")}\n`, await pem(service));
    await service.close(0);
    assert.match(said.join("\n"), /^SHA-256 [0-9A-F:]{95}$/);
    assert.equal(await caCommand(["--config", join(dir, "none.yaml")], io), 2);
  }));
