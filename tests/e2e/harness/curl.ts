/** One request by curl, and what came of it. */
import { join } from "node:path";
import { finish } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { until } from "./wait.ts";

export interface CurlAnswer {
  status: number;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  /** curl's exit code: 0 where the answer reached its end, 18 where it broke off. */
  code: number;
}

interface CurlOptions {
  /** Of the request. */
  headers?: Record<string, string>;
  flags?: string[];
  /** Called once the head of the answer is here. */
  headed?: () => void;
}

/** Asks for `url`; returns whatever is answered, also what breaks off. Throws where nothing is. */
export async function curl(url: string, options: CurlOptions = {}): Promise<CurlAnswer> {
  const { headers = {}, flags = [], headed } = options;
  await using scratch = await scratchDir("curl");
  const file = join(scratch.path, "head");
  const readHead = async () => (await Deno.readTextFile(file).catch(() => "")).split("\r\n\r\n");
  const lines = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  let ended = false;
  const running = finish("curl", ["-sS", "-D", file, ...flags, ...lines, url])
    .finally(() => ended = true);
  if (headed) {
    await until("head", async () => ended || (await readHead()).length > 1).finally(headed);
  }
  const { code, stdout, stderr } = await running;
  const [head, end] = await readHead();
  if (end === undefined) throw new Error(`curl ${url}: exit code ${code}\n${stderr}`);
  const [first = "", ...fields] = head!.split("\r\n");
  return {
    status: Number(first.split(" ")[1]),
    headers: new Headers(fields.map((field) => field.split(/: ?(.*)/s, 2) as [string, string])),
    body: stdout,
    code,
  };
}
