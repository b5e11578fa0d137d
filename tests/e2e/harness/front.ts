/** nginx in front of Berth, as docs/nginx.md sets it up. */
import { join } from "node:path";
import type { KeyPair } from "./certificates.ts";
import { startNginx } from "./nginx.ts";
import type { Running } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { listens } from "./wait.ts";
import { freePort } from "../../fake/ports.ts";

const PAGE = join(import.meta.dirname!, "..", "..", "..", "docs", "nginx.md");

export interface Front extends AsyncDisposable {
  /** `localhost:port`. */
  readonly host: string;
  readonly url: string;
  readonly nginx: Running;
}

interface FrontOptions {
  /** Host and port of Berth. */
  berth: string;
  /** Berth's `cache.dir`. */
  cacheDir: string;
  /** User and group of nginx's workers; root unless told otherwise. */
  user?: string;
  /** Plain HTTP where there is none. */
  tls?: KeyPair;
  /** The directive; none is written unless told otherwise. */
  accessLog?: (dir: string) => string;
}

/** Starts nginx with the page's configuration, where only addresses and paths are others. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { berth, cacheDir, user, tls, accessLog = () => "access_log off;" } = options;
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await scratchDir("front"));
  const port = freePort();
  const page = await Deno.readTextFile(PAGE);
  const listen = `listen 127.0.0.1:${port}${tls ? " ssl" : ""};`;
  const changes: [from: string, to: string][] = [
    ["server 127.0.0.1:8080;", `server ${berth};`],
    ["listen 443 ssl;", listen],
    ["/var/lib/berth/blobs/", join(cacheDir, "blobs/")],
    ["ssl_certificate /etc/nginx/tls.crt;", tls ? `ssl_certificate ${tls.certFile};` : ""],
    ["ssl_certificate_key /etc/nginx/tls.key;", tls ? `ssl_certificate_key ${tls.keyFile};` : ""],
  ];
  const http = changes.reduce(replaced, /^```nginx\n([^]*?)^```/m.exec(page)?.[1] ?? "");
  const config = `${accessLog(path)}\n${http}`;
  const nginx = stack.use(await startNginx(path, port, config, () => listens(port), user));
  const owned = stack.move();
  return {
    host: `localhost:${port}`,
    url: `${tls ? "https" : "http"}://localhost:${port}`,
    nginx,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** `text` with what stands there replaced; throws where it does not. */
function replaced(text: string, [from, to]: [string, string]): string {
  if (!text.includes(from)) throw new Error(`docs/nginx.md has no ${from}`);
  return text.replaceAll(from, to);
}
