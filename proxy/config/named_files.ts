/** Files that are used as files: certificates, keys, Docker's logins. */
import { createPublicKey } from "node:crypto";
import { PATTERNS } from "./options.ts";
import { getIn, type Tree } from "./path.ts";
import type { Violation } from "./violation.ts";
import { expand, FILED, resolvePath } from "./secrets.ts";
import { describeReadError } from "../../base/read_error.ts";
import type { System } from "./system.ts";
import { readTrustedRoot } from "./trusted_root.ts";

/** The keys that name such a file. */
const NAMED = PATTERNS.filter((path) => {
  const last = path.at(-1)!;
  const secret = FILED.some((filed) => `${filed.join(".")}_file` === path.join("."));
  return last === "docker_config" || (last.endsWith("_file") && !secret);
});
/** What is no secret of those. */
const PUBLIC = /^(ca_|cert_|ca_cert_)file$/;
/** The parts that use these follow their changes themselves. */
const FOLLOWED_ELSEWHERE = ["tls", "forward"];

/** Tries to read every file that `config` names for its content, and tells which to watch and which are secret. */
export async function checkFiles(config: Tree, cwd: string, home: string, system: System) {
  const violations: Violation[] = [];
  const files: string[] = [];
  const secret: string[] = [];
  for (const pattern of NAMED) {
    for (const path of expand(config, pattern)) {
      const file = getIn(config, path);
      if (typeof file !== "string" || file === "") continue;
      const resolved = resolvePath(file, cwd, home);
      if (!FOLLOWED_ELSEWHERE.includes(String(path[0]))) files.push(resolved);
      if (!PUBLIC.test(String(path.at(-1)))) secret.push(resolved);
      await system.readFile(resolved).catch((error) => {
        violations.push({ path, message: `cannot read ${resolved}: ${describeReadError(error)}` });
      });
    }
  }
  for (const [pattern, look] of LOOKED_INTO) {
    for (const path of expand(config, pattern)) {
      const file = getIn(config, path);
      if (typeof file !== "string" || file === "") continue;
      const resolved = resolvePath(file, cwd, home);
      files.push(resolved);
      const complain = (message: string) => void violations.push({ path, message });
      try {
        const text = await system.readFile(resolved);
        await look(text).catch(({ message }: Error) => complain(`${resolved} ${message}`));
      } catch (error) {
        complain(`cannot read ${resolved}: ${describeReadError(error)}`);
      }
    }
  }
  return { violations, files, secret };
}

/** Files that no `_file` key names, and what throws an error about one that cannot be used. */
const LOOKED_INTO: [pattern: string[], look: (text: string) => Promise<unknown>][] = [
  [["registries", "*", "require", "*", "cosign", "keys", "*"], checkPublicKey],
  [
    ["registries", "*", "require", "*", "cosign", "trusted_root"],
    (text) => readTrustedRoot(text, Date.now()),
  ],
];

function checkPublicKey(pem: string): Promise<void> {
  const wrong = new Error("has no public key; expected one in PEM, as cosign.pub");
  try {
    createPublicKey(pem);
    return /PRIVATE KEY/.test(pem) ? Promise.reject(wrong) : Promise.resolve();
  } catch {
    return Promise.reject(wrong);
  }
}
