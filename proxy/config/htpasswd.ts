/** Users from a file as `htpasswd -B` keeps it: a name, a colon and a hash a line. */
import type { Setting } from "./provenance.ts";
import { isPasswordHash } from "../../base/password_form.ts";
import type { Violation } from "./violation.ts";
import type { Config } from "./schema.ts";
import { resolvePath } from "./secrets.ts";
import type { System } from "./system.ts";

const PATH = ["htpasswd_file"];

/**
 * Adds the users of `htpasswd_file` to `config.users`. Returns what went wrong and where each name
 * stands; a file that cannot be read is left to the check of all named files.
 */
export async function readHtpasswd(config: Config, cwd: string, home: string, system: System) {
  const violations: Violation[] = [];
  const found: Setting[] = [];
  if (config.htpasswd_file === "") return { violations, found };
  const file = resolvePath(config.htpasswd_file, cwd, home);
  const text = await system.readFile(file).catch(() => undefined);
  if (text === undefined) return { violations, found };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const complain = (message: string) =>
      violations.push({ path: PATH, message: `${file}:${index + 1}: ${message}` });
    const colon = line.indexOf(":");
    const [name, hash] = [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1).trim()];
    if (name === "") complain("expected name:hash");
    else if (!isPasswordHash(hash)) complain(`${name}: expected a bcrypt hash (htpasswd -B)`);
    else if (Object.hasOwn(config.users, name)) complain(`${name} is given before; expected once`);
    else {
      config.users[name] = hash;
      const origin = { kind: "file", file, line: index + 1, column: 1 } as const;
      found.push({ path: ["users", name], value: hash, origin });
    }
  }
  // To take an empty file for "no users" would open what was closed.
  if (found.length === 0 && violations.length === 0) {
    violations.push({ path: PATH, message: `${file} names nobody; expected a user` });
  }
  return { violations, found };
}
