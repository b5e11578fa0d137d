/** The built dashboard: read once, compressed once, served from memory. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { matchesEtag } from "../../proxy/http/etag.ts";

/** What `fetch` may send for a path; compressed forms exist only where they are smaller. */
interface Asset {
  type: string;
  etag: string;
  /** Its name changes with its content, so it may be kept for good. */
  immutable: boolean;
  plain: Uint8Array<ArrayBuffer>;
  br?: Uint8Array<ArrayBuffer>;
  gzip?: Uint8Array<ArrayBuffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  map: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
};
/** Paths of files; the tag of an image may look like an extension. */
const FILE = /^(?!\/cache\/images\/).*\.[a-z0-9]+$/i;
const COMPRESSIBLE = /^text\/|json|svg/;

/**
 * A handler for the files of `dir`, an ordinary directory or one inside a compiled executable.
 * Paths without a file are pages of the dashboard and get `index.html`; paths that look like a file
 * are a 404. Reading is left to the first request.
 */
export function staticFiles(dir: string): (request: Request) => Promise<Response> {
  let loading: Promise<Map<string, Asset>> | undefined;
  return async (request) => {
    const assets = await (loading ??= load(dir));
    const { pathname } = new URL(request.url);
    const asset = assets.get(pathname) ??
      (FILE.test(pathname) ? undefined : assets.get("/index.html"));
    if (asset) return respond(request, asset);
    const missing = assets.size === 0
      ? "The dashboard is not part of this build.\n"
      : "Not found\n";
    return new Response(missing, { status: 404, headers: { "content-type": TYPES.txt! } });
  };
}

function respond(request: Request, asset: Asset): Response {
  const encoding = chooseEncoding(request.headers.get("accept-encoding") ?? "", asset);
  const etag = encoding === "plain" ? `"${asset.etag}"` : `"${asset.etag}-${encoding}"`;
  const headers = new Headers({
    "content-type": asset.type,
    "cache-control": asset.immutable ? "public, max-age=31536000, immutable" : "no-cache",
    "vary": "accept-encoding",
    etag,
  });
  if (matchesEtag(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers });
  }
  if (encoding !== "plain") headers.set("content-encoding", encoding);
  return new Response(asset[encoding] ?? asset.plain, { headers });
}

function chooseEncoding(header: string, asset: Asset): "br" | "gzip" | "plain" {
  const accepts = (coding: string) =>
    header.split(",").some((part) => {
      const [name, q] = part.trim().split(/\s*;\s*q=/);
      return name === coding && Number(q ?? 1) > 0;
    });
  if (asset.br && accepts("br")) return "br";
  return asset.gzip && accepts("gzip") ? "gzip" : "plain";
}

async function load(dir: string): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  for (const file of await filesIn(dir)) {
    const bytes = new Uint8Array(await readFile(file));
    assets.set("/" + relative(dir, file).split(sep).join("/"), await toAsset(file, bytes));
  }
  return assets;
}

async function filesIn(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    const found = entries.map((entry) => {
      const path = join(dir, entry.name);
      return entry.isDirectory() ? filesIn(path) : Promise.resolve([path]);
    });
    return (await Promise.all(found)).flat();
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return [];
    throw error;
  }
}

async function toAsset(file: string, plain: Uint8Array<ArrayBuffer>): Promise<Asset> {
  const type = TYPES[file.split(".").at(-1)!] ?? "application/octet-stream";
  const asset: Asset = {
    type,
    etag: createHash("sha256").update(plain).digest("base64url").slice(0, 22),
    immutable: /[-.](?=[A-Za-z0-9]*\d)[A-Za-z0-9]{8,}\.[a-z0-9]+$/.test(file),
    plain,
  };
  if (!COMPRESSIBLE.test(type)) return asset;
  const br = new Uint8Array(
    await promisify(brotliCompress)(plain, {
      params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
    }),
  );
  const zipped = new Uint8Array(await promisify(gzip)(plain, { level: 9 }));
  if (br.length < plain.length) asset.br = br;
  if (zipped.length < plain.length) asset.gzip = zipped;
  return asset;
}
