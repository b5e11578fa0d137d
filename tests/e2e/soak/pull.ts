/** A client that pulls an image, goes away at random, and looks at every byte that it was given. */
import { digestOf, type FakeImage } from "../../fake/content.ts";
import type { Dice } from "./dice.ts";

/** How a pull ended, where no byte was wrong: all there, an error it could see, its own leaving. */
export type Outcome = "clean" | "failed" | "aborted";

interface PullOptions {
  /** URL of the repository, `…/v2/<name>`. */
  url: string;
  image: FakeImage;
  /** Who asks; empty for nobody. */
  authorization?: string;
  /** Decides over ranges and leaving; without it the client stays and asks for whole blobs. */
  dice?: Dice;
  /** Is told of each piece that came. */
  received?: (bytes: number) => void;
}

type Way = Pick<PullOptions, "dice" | "received"> & { headers: Record<string, string> };

const PATIENCE = 15_000;
const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
].join(", ");

/** The client was told that all is well and it was not: what the soak is there to find. */
class WrongBytes extends Error {
  override name = "WrongBytes";
}

class Left extends Error {}

/** Pulls the tag, then its blobs. Throws {@linkcode WrongBytes} and nothing else. */
export async function pull({ url, image, authorization, ...rest }: PullOptions): Promise<Outcome> {
  const way = {
    ...rest,
    headers: authorization ? { authorization } : {} as Record<string, string>,
  };
  try {
    const accepting = { ...way, headers: { ...way.headers, accept: ACCEPT } };
    const manifest = await get(`${url}/manifests/latest`, accepting);
    if (digestOf(manifest.bytes) !== image.root.digest) {
      throw new WrongBytes(`${url}/manifests/latest: not ${image.root.digest}`);
    }
    for (const blob of image.blobs) await pullBlob(`${url}/blobs/${blob.digest}`, blob.bytes, way);
    return "clean";
  } catch (error) {
    if (error instanceof WrongBytes) throw error;
    return error instanceof Left ? "aborted" : "failed";
  }
}

async function pullBlob(url: string, expected: Uint8Array, way: Way): Promise<void> {
  const { dice } = way;
  const leaveAfter = dice?.chance(0.1) ? dice.between(0, expected.length) : undefined;
  const from = dice?.chance(0.15) ? dice.between(1, expected.length - 1) : 0;
  const headers = { ...way.headers, ...(from > 0 && { range: `bytes=${from}-` }) };
  const { status, bytes } = await get(url, { ...way, headers }, leaveAfter);
  const wanted = status === 206 ? expected.subarray(from) : expected;
  if (digestOf(bytes) !== digestOf(wanted)) {
    throw new WrongBytes(`${url} from ${from}: ${bytes.length} bytes, status ${status}`);
  }
}

/** Gives up after its patience, whatever the connection of a server that was killed still says. */
async function get(
  url: string,
  way: Way,
  leaveAfter = Infinity,
): Promise<{ status: number; bytes: Uint8Array }> {
  const leaving = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    leaving.abort();
    late.reject(new Error(`${url}: no end in sight`));
  }, PATIENCE);
  try {
    return await Promise.race([read(url, way, leaving.signal, leaveAfter), late.promise]);
  } finally {
    clearTimeout(timer);
    leaving.abort();
  }
}

async function read(
  url: string,
  { headers, received }: Way,
  signal: AbortSignal,
  leaveAfter: number,
): Promise<{ status: number; bytes: Uint8Array }> {
  const response = await fetch(url, { headers, signal });
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    throw new Error(`${url}: status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    received?.(chunk.length);
    if (length >= leaveAfter) throw new Left();
  }
  return { status: response.status, bytes: concat(chunks, length) };
}

function concat(chunks: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
