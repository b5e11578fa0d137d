/**
 * Imports a bundle into Node and lets it read the process's environment.
 *
 * node module.mjs BUNDLE < REQUESTS > ANSWERS, all JSON
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const { default: handler } = await import(process.argv[2]);
const answers = [];
for (const { url, ...init } of JSON.parse(readFileSync(0, "utf8"))) {
  const response = await handler.fetch(new Request(url, init));
  const body = Buffer.from(await response.arrayBuffer());
  answers.push({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    digest: `sha256:${createHash("sha256").update(body).digest("hex")}`,
    text: body.length < 10_000 ? body.toString() : "",
  });
}
process.stdout.write(JSON.stringify(answers));
