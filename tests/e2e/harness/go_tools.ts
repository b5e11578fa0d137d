/** What is written in Go and in no package of Debian's; `.ci/run` builds it and puts it on PATH. */
import { join } from "node:path";
import { AwsV4Signer } from "aws4fetch";
import { finish, start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { answers } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

/** A registry that has the referrers API. */
interface Olareg extends AsyncDisposable {
  readonly url: string;
  /** `host:port` as image names spell it. */
  readonly host: string;
}

/** Starts olareg with an empty store in memory, where everything may be deleted. */
export async function startOlareg(): Promise<Olareg> {
  const port = freePort();
  const host = `127.0.0.1:${port}`;
  const args = ["serve", "--addr", "127.0.0.1", "--port", String(port), "--store-type", "mem"];
  const process = await start("olareg", [...args, "--api-delete", "--api-blob-delete"], {
    ready: () => answers(`http://${host}/v2/`),
  });
  return { url: `http://${host}`, host, [Symbol.asyncDispose]: process[Symbol.asyncDispose] };
}

/** A store that speaks S3, with one bucket. */
export interface S3Store extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly bucket: string;
  readonly keys: { accessKeyId: string; secretAccessKey: string };
  /** Keys of what the bucket holds, without those that only stand for folders. */
  keysOf(): Promise<string[]>;
  /** The file that holds what is under `key`. */
  fileOf(key: string): string;
  /** Kills it with SIGKILL; its files stay. */
  kill(): Promise<void>;
  /** Starts it again on the same files, at the same port. */
  start(): Promise<void>;
}

const S3_KEYS = { accessKeyId: "AKE2E", secretAccessKey: "a secret of the tests" };

/** Starts versitygw on an empty directory of its own and makes a bucket. */
export async function startS3(): Promise<S3Store> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("s3")).path;
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const bucket = "berth";
  const root = ["--access", S3_KEYS.accessKeyId, "--secret", S3_KEYS.secretAccessKey];
  const launch = () =>
    start("versitygw", [...root, "--port", `127.0.0.1:${port}`, "--quiet", "posix", dir], {
      ready: () => answers(url),
    });
  let process = await launch();
  stack.defer(() => process[Symbol.asyncDispose]());
  const signer = new AwsV4Signer({
    ...S3_KEYS,
    ...{ service: "s3", region: "us-east-1", method: "PUT", url: `${url}/${bucket}` },
  });
  const { headers } = await signer.sign();
  const made = await fetch(`${url}/${bucket}`, { method: "PUT", headers });
  if (!made.ok) throw new Error(`no bucket: ${made.status} ${await made.text()}`);
  await made.body?.cancel();
  const owned = stack.move();
  return {
    ...{ url, port, bucket, keys: S3_KEYS },
    get pid() {
      return process.pid;
    },
    fileOf: (key) => join(dir, bucket, key),
    keysOf: () => filesBelow(join(dir, bucket)),
    async kill() {
      await process.stop("SIGKILL");
      await process[Symbol.asyncDispose]();
    },
    async start() {
      process = await launch();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function filesBelow(dir: string, base = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(dir, base))) {
    const path = base ? `${base}/${name}` : name;
    if (!isDirectory) found.push(path);
    else if (!name.startsWith(".")) found.push(...await filesBelow(dir, path));
  }
  return found.sort();
}

/** What the suite says of the rows of one name, whose order differs from run to run. */
export interface Rows {
  passed: number;
  /** Of the others: `failure`, `error`, `skipped` or `disabled`, and why. */
  others: string[];
}

/**
 * Runs the OCI conformance suite against the registry at `host`, without TLS, in two repositories.
 * Returns its rows by their names. Throws with what it printed when it has no report.
 */
export async function conformance(
  host: string,
  repositories: readonly [string, string],
): Promise<Map<string, Rows>> {
  await using scratch = await scratchDir("conformance");
  const { code, stdout, stderr } = await finish("oci-conformance", [], {
    cwd: scratch.path,
    env: {
      OCI_REGISTRY: host,
      OCI_TLS: "disabled",
      OCI_REPO1: repositories[0],
      OCI_REPO2: repositories[1],
      OCI_RESULTS_DIR: scratch.path,
      OCI_VERSION: "1.1",
    },
  });
  const report = await Deno.readTextFile(join(scratch.path, "junit.xml")).catch(() => {
    throw new Error(`no report, exit code ${code}\n${new TextDecoder().decode(stdout)}${stderr}`);
  });
  return rowsOf(report);
}

/** The rows of a JUnit report. */
function rowsOf(report: string): Map<string, Rows> {
  const found = new Map<string, Rows>();
  const cases = /<testcase name="([^"]*)"[^>]*? status="([^"]*)"[^]*?<\/testcase>/g;
  for (const [text, name = "", status = ""] of report.matchAll(cases)) {
    const rows = found.get(name) ?? { passed: 0, others: [] };
    found.set(name, rows);
    const why = /<system-out>([^]*?)<\/system-out>/.exec(text)?.[1] ?? "";
    if (status === "passed") rows.passed++;
    else rows.others.push(`${status} ${why}`);
  }
  return found;
}
