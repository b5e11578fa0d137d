/**
 * Builds the dashboard into `ui/dist`: scripts and one style sheet, minified, with their content's hash
 * in the name so that browsers may keep them for good, and a page that names them.
 */
import { createHash } from "node:crypto";
import { join, parse } from "node:path";

const source = import.meta.dirname!;

/** Bundles into `dist`, which is emptied first. Throws with the bundler's message. */
export async function build(dist: string): Promise<void> {
  const temp = await Deno.makeTempDir();
  const assets = join(dist, "assets");
  try {
    await bundle(temp, ["--code-splitting", "app.tsx", "css/app.css", "css/later.css"]);
    await bundle(temp, ["theme_early.ts"]);
    await Deno.remove(dist, { recursive: true }).catch(() => {}); // there may be none yet
    await Deno.mkdir(assets, { recursive: true });
    const chunks = await copyChunks(temp, assets);
    const names = {
      "/app.js": await place(assets, join(temp, "app.js")),
      "/theme.js": await place(assets, join(temp, "theme_early.js")),
      "/app.css": await place(assets, join(temp, "css", "app.css")),
      "/later.css": await place(assets, join(temp, "css", "later.css")),
      "/favicon.svg": await place(assets, join(source, "favicon.svg")),
    };
    let page = await Deno.readTextFile(join(source, "index.html"));
    for (const [name, path] of Object.entries(names)) page = page.replace(`"${name}"`, `"${path}"`);
    const preloads = await importsOf(join(temp, "app.js"), chunks);
    page = page.replace(
      "  </head>",
      preloads.map((chunk) => `    <link rel="modulepreload" href="/assets/${chunk}">\n`).join("") +
        "  </head>",
    );
    await Deno.writeTextFile(join(dist, "index.html"), page);
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
}

async function bundle(outdir: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--minify", "--platform", "browser", "--outdir", outdir, ...args],
    cwd: source,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Copies the parts that the bundler split off; it has put their hashes into their names. */
async function copyChunks(from: string, to: string): Promise<Set<string>> {
  const chunks = new Set<string>();
  for await (const { name } of Deno.readDir(from)) {
    if (!/-[A-Z0-9]{8}\.js$/.test(name)) continue;
    chunks.add(name);
    await Deno.copyFile(join(from, name), join(to, name));
  }
  return chunks;
}

/** Chunks that `file` imports at once (not those that it loads later). */
async function importsOf(file: string, chunks: ReadonlySet<string>): Promise<string[]> {
  const text = await Deno.readTextFile(file);
  const found = text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g);
  return [...new Set([...found].map(([, name]) => name!))].filter((name) => chunks.has(name));
}

/** Copies `from` under a name that carries its hash; returns its path on the server. */
async function place(assets: string, from: string): Promise<string> {
  const bytes = await Deno.readFile(from);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const { name, ext } = parse(from);
  const path = `${name}-${hash}${ext}`;
  await Deno.writeFile(join(assets, path), bytes);
  return `/assets/${path}`;
}

if (import.meta.main) await build(join(source, "dist"));
