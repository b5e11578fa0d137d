/** Users from files as `htpasswd -B` keeps them: a name, a colon and a hash a line. */
import type { Path } from "./path.ts";
import type { Setting } from "./provenance.ts";
import { isPasswordHash } from "../../base/password_form.ts";
import type { Violation } from "./violation.ts";
import type { Config, Role } from "./schema.ts";
import { resolvePath } from "./secrets.ts";
import type { System } from "./system.ts";

/** Where files are looked for. */
interface Place {
  cwd: string;
  home: string;
  system: System;
}

/** One user of a file. */
interface Line {
  name: string;
  hash: string;
  /** What stands behind a second colon. */
  rest: string | undefined;
}

/** What users of a file become. */
interface Target {
  /** The key that names the file. */
  key: Path;
  file: string;
  /** Whether the name is given already. */
  has: (name: string) => boolean;
  /** Takes the user in; returns what its keys are, or what is wrong. */
  add: (line: Line) => { path: Path; value: string }[] | string;
}

/**
 * Adds the users of `htpasswd_file` to `config.users`, and those of `admin.users_file` to
 * `config.admin.users`: as viewers, where no role stands behind another colon. Returns what went
 * wrong and where each name stands; a file that cannot be read is left to the check of all named
 * files.
 */
export async function readHtpasswd(config: Config, cwd: string, home: string, system: System) {
  const place = { cwd, home, system };
  const { users, admin } = config;
  const results = [
    await readUsers(place, {
      key: ["htpasswd_file"],
      file: config.htpasswd_file,
      has: (name) => Object.hasOwn(users, name),
      add({ name, hash, rest }) {
        if (rest !== undefined) return `${name}: expected a bcrypt hash (htpasswd -B)`;
        users[name] = hash;
        return [{ path: ["users", name], value: hash }];
      },
    }),
    await readUsers(place, {
      key: ["admin", "users_file"],
      file: admin.users_file,
      has: (name) => Object.hasOwn(admin.users, name),
      add({ name, hash, rest = "viewer" }) {
        if (!isRole(rest)) return `${name}: expected viewer, operator or admin behind the hash`;
        admin.users[name] = { password_hash: hash, role: rest };
        const path = ["admin", "users", name];
        return [{ path: [...path, "password_hash"], value: hash }, {
          path: [...path, "role"],
          value: rest,
        }];
      },
    }),
  ];
  return {
    violations: results.flatMap(({ violations }) => violations),
    found: results.flatMap(({ found }) => found),
  };
}

async function readUsers({ cwd, home, system }: Place, { key, file: named, has, add }: Target) {
  const violations: Violation[] = [];
  const found: Setting[] = [];
  if (named === "") return { violations, found };
  const file = resolvePath(named, cwd, home);
  const text = await system.readFile(file).catch(() => undefined);
  if (text === undefined) return { violations, found };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const complain = (message: string) =>
      violations.push({ path: key, message: `${file}:${index + 1}: ${message}` });
    const [name = "", hash = "", rest] = line.split(":").map((part) => part.trim());
    if (name === "" || !line.includes(":")) complain("expected name:hash");
    else if (!isPasswordHash(hash)) complain(`${name}: expected a bcrypt hash (htpasswd -B)`);
    else if (has(name)) complain(`${name} is listed twice; expected once`);
    else {
      const added = add({ name, hash, rest });
      if (typeof added === "string") complain(added);
      else {
        const origin = { kind: "file", file, line: index + 1, column: 1 } as const;
        found.push(...added.map((setting) => ({ ...setting, origin })));
      }
    }
  }
  // To take an empty file for "no users" would open what was closed.
  if (found.length === 0 && violations.length === 0) {
    violations.push({ path: key, message: `${file} has no users; expected at least one` });
  }
  return { violations, found };
}

function isRole(text: string): text is Role {
  return text === "viewer" || text === "operator" || text === "admin";
}
