/** What README and SECURITY.md promise, looked at while nothing strikes. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { sha256 } from "../harness/image.ts";
import { until } from "../harness/wait.ts";
import type { Dice } from "./dice.ts";
import { MAX_SIZE, type SoakLab, VAULT_IMAGE } from "./lab.ts";
import { pull } from "./pull.ts";

/** What was found, in words for the report. */
export interface Looked {
  /** Bytes of memory (VmRSS), and open files. */
  memory: number;
  files: number;
}

/** Memory that nothing here needs; it runs at 160 MB under load. */
const MEMORY = 600e6;

/**
 * With the faults over: everything can be pulled; what is here still can once its registry has gone;
 * who may pull is who is served; no secret is where it could be read; figures are what happened.
 */
export async function promises(lab: SoakLab, dice: Dice): Promise<Looked> {
  const { berth, hub, images, reader: authorization } = lab;
  hub.clearFaults();
  await lab.freeDisk();
  // What is down is looked at again every few seconds, and requests for it fail at once until then.
  const up = /^berth_registry_up\{registry="hub",.*\} 1$/m;
  await until("the hub is known to be back", async () => up.test(await metrics(lab)), 60_000);
  for (const [name, image] of images) {
    const url = `${berth.url}/v2/${name}`;
    // Once more where a connection died of what was before.
    const outcome = await pull({ url, image, authorization });
    const again = outcome === "clean" ? outcome : await pull({ url, image, authorization });
    assert.equal(again, "clean", `${name}, with the faults over`);
  }

  const before = await requests(lab);
  const name = dice.pick([...images.keys()]);
  const wanted = { url: `${berth.url}/v2/${name}`, image: images.get(name)!, authorization };
  const asked = 1 + wanted.image.blobs.length;
  assert.equal(await pull(wanted), "clean");
  await until("each request is counted once", async () => await requests(lab) === before + asked);

  hub.fault({ path: /./, times: Infinity, action: { kind: "close" } });
  assert.equal(await pull(wanted), "clean", `${name}, without its registry`);
  hub.clearFaults();

  const secret = { url: `${berth.url}/v2/vault/${VAULT_IMAGE}`, image: lab.secretImage };
  assert.equal(await pull({ ...secret, authorization: lab.owner }), "clean", "the vault's owner");
  for (const who of [lab.reader, ""]) {
    assert.equal(await pull({ ...secret, authorization: who }), "failed", "who may not");
  }
  await kept(lab);
  return await footprint(lab);
}

/** All that Berth has counted, since it was started. */
async function requests(lab: SoakLab): Promise<number> {
  const text = await metrics(lab);
  const counts = [
    ...text.matchAll(/^berth_requests_total\{[^}]*kind="(?:blob|manifest)"[^}]*\} (\d+)/gm),
  ];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function metrics({ berth }: SoakLab): Promise<string> {
  return await (await fetch(`${berth.admin}/metrics`)).text();
}

/** Nothing that is secret is in the log, the metrics or the configuration as it is printed. */
async function kept(lab: SoakLab): Promise<void> {
  const { berth, secrets } = lab;
  const printed = await berth.command("config", "print", "--all");
  const places = {
    log: await berth.output(),
    metrics: await metrics(lab),
    status: await (await fetch(`${berth.admin}/api/v1/status`)).text(),
    "config print": new TextDecoder().decode(printed.stdout) + printed.stderr,
  };
  for (const [place, text] of Object.entries(places)) {
    assert.ok(text.length > 0, place);
    for (const [name, secret] of secrets) assert.ok(!text.includes(secret), `${place}: ${name}`);
  }
}

async function footprint({ berth }: SoakLab): Promise<Looked> {
  const status = await Deno.readTextFile(`/proc/${berth.pid}/status`);
  const memory = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  const files = [...Deno.readDirSync(`/proc/${berth.pid}/fd`)].length;
  assert.ok(memory < MEMORY, `${Math.round(memory / 1e6)} MB of memory`);
  assert.ok(files < 300, `${files} open files`);
  return { memory, files };
}

/** At the end: it stops in order, no file has other content than its name says, and there is room. */
export async function last({ berth, cacheDir }: SoakLab): Promise<void> {
  await until("what is too much has gone", async () => await size(cacheDir) <= MAX_SIZE, 90_000);
  assert.equal(await berth.stop(), 0, "exit code after SIGTERM");
  assert.deepEqual(await damaged(join(cacheDir, "blobs")), []);
  const verified = await berth.command("cache", "verify");
  assert.equal(verified.code, 0, verified.stderr);
}

async function size(dir: string): Promise<number> {
  let sum = 0;
  for (const file of await filesIn(join(dir, "blobs"))) {
    sum += (await Deno.stat(file).catch(() => ({ size: 0 }))).size; // It may just be evicted.
  }
  return sum;
}

/** The files of a blob store whose content does not hash to their name. */
async function damaged(dir: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const file of await filesIn(dir)) {
    if (sha256(await Deno.readFile(file)) !== `sha256:${basename(file)}`) wrong.push(file);
  }
  return wrong;
}

async function filesIn(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) found.push(...await filesIn(join(dir, name)));
    else found.push(join(dir, name));
  }
  return found;
}
