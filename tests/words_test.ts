/** What people read speaks the trade's English: phrases that it does not have, and what it says instead. */
import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "..");

type Phrase = [wrong: RegExp, better: string];

/** In prose and examples the operator speaks, too. */
const SPEAKER: Phrase = [/\b(our|we|us)\b/i, "Berth's, Berth, or the thing itself"];

const PHRASES: Phrase[] = [
  [/\bto who (has|have|may)\b/i, "clients that have, users who are allowed"],
  [/\bwhat goes\b|\bnothing would go\b/i, "items to remove"],
  [/\bone a line\b/i, "one per line"],
  [/\bat the start\b/i, "at startup"],
  [/\b(is|are) not here\b|\bnot here\b/i, "not found, not cached"],
  [/configuration (not )?taken over/i, "reloaded, applied"],
  [/\bin force\b/i, "effective, active"],
  [/\bgets? back\b/i, "frees"],
  [/\bthe disk gets\b|\bBerth prepares\b/i, "frees, preparing"],
  [/\b(Berth|healthz) is well\b|\bnot right\b/i, "is healthy, problems"],
  [/\bagree on TLS\b/i, "TLS handshake"],
  [/\bcoming in from upstream\b/i, "downloads in progress"],
  [/\bmakes no sense\b|\bwent wrong here\b/i, "unexpected answer, internal error"],
  [/\bwants you to\b|\blets? us in\b/i, "requires authentication, login failed"],
  [/\bpulls yet\b/i, "left"],
  [/\bwithout leave\b/i, "without permission"],
  [/\bevicted \(asked\)/i, "manual"],
];

/** Words that carry another meaning where they stand. */
const EXCEPT = [/us-east-1/, /AWS_/];

async function* files(dir: string, name: RegExp): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(join(ROOT, dir))) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory && entry.name !== "dist") yield* files(path, name);
    else if (name.test(path)) yield path;
  }
}

/** String literals and the text of JSX, a line each, without comments. */
function* texts(source: string): Generator<string> {
  const code = source.replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
  const quoted = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
  for (const [, plain, template] of code.matchAll(quoted)) yield plain ?? template!;
  for (const [, text] of code.matchAll(/^\s*([A-Z][^<>{}=;()]*)$/gm)) yield text!;
  for (const [, text] of code.matchAll(/>([^<>{}=;]+)</g)) yield text!;
}

function wrongIn(path: string, text: string, phrases: readonly Phrase[]): string[] {
  if (EXCEPT.some((pattern) => pattern.test(text))) return [];
  return phrases.filter(([wrong]) => wrong.test(text)).map(([wrong, better]) =>
    `${path}: "${text.trim().slice(0, 120)}" has ${wrong}; say: ${better}`
  );
}

Deno.test("words, of the dashboard, the command line, the log and errors", async () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const room of ["ui", "cli", "proxy", "base"]) {
    for await (const path of files(room, /\.tsx?$/)) {
      for (const text of texts(await Deno.readTextFile(join(ROOT, path)))) {
        seen++;
        if (/\s/.test(text.trim())) wrong.push(...wrongIn(path, text, [SPEAKER, ...PHRASES]));
      }
    }
  }
  assert.ok(seen > 3000, `${seen} texts were found`);
  assert.deepEqual(wrong, []);
});

Deno.test("words, of the pages, the example configuration and the alerts", async () => {
  const paths = ["README.md", "config.yaml", "deploy/helm/berth/alerts.yml"];
  // That page is about code, and has its words.
  for await (const path of files("docs", /(?<!architecture)\.md$/)) paths.push(path);
  const wrong: string[] = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(join(ROOT, path));
    for (const line of text.replace(/```[^]*?```/g, "").split("\n")) {
      wrong.push(...wrongIn(path, line, PHRASES));
    }
  }
  assert.deepEqual(wrong, []);
});
