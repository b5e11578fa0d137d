import assert from "node:assert/strict";
import { load, loaded, loadYaml, problems } from "./fixture.ts";

const HASH = "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

const withFile = (text: string, config = "") =>
  loadYaml(`htpasswd_file: people\n${config}`, { files: { "/srv/people": text } });

Deno.test("htpasswd_file, its users join those of users, and may be named by rules", async () => {
  const result = await withFile(
    `# people\nann:${HASH}\n\nbob:${HASH}\r\n`,
    `users: { cyd: "${HASH}" }\naccess: [{ users: [bob] }]`,
  );
  const { config, files, sources } = loaded(result);
  assert.deepEqual(Object.keys(config.users).sort(), ["ann", "bob", "cyd"]);
  assert.ok(files.includes("/srv/people"), "its changes are followed");
  assert.deepEqual(sources.get("users.ann"), {
    kind: "file",
    file: "/srv/people",
    line: 2,
    column: 1,
  });
});

Deno.test("htpasswd_file, what is wrong names file and line, and never a hash", async () => {
  const cases: [text: string, config: string, expected: RegExp][] = [
    [`ann:${HASH}\nbob:$apr1$x$y\n`, "", /\/srv\/people:2: bob: expected a bcrypt hash/],
    ["just a line\n", "", /\/srv\/people:1: expected name:hash/],
    [`ann:${HASH}\nann:${HASH}\n`, "", /\/srv\/people:2: ann is listed twice/],
    [`ann:${HASH}\n`, `users: { ann: "${HASH}" }`, /\/srv\/people:1: ann is listed twice/],
    ["\n# nobody\n", "", /\/srv\/people has no users/],
  ];
  for (const [text, config, expected] of cases) {
    const found = problems(await withFile(text, config));
    assert.match(found.join("\n"), expected);
    assert.doesNotMatch(found.join("\n"), /apr1|2y/);
  }
  const missing = await load({ files: { "/srv/config.yaml": "htpasswd_file: nowhere" } });
  assert.match(problems(missing).join("\n"), /htpasswd_file: cannot read \/srv\/nowhere/);
});

Deno.test("admin.users_file, viewers, and others by what stands behind the hash", async () => {
  const file = (text: string, yaml = "") =>
    loadYaml(`admin: { users_file: people, users: { ${yaml} } }`, {
      files: { "/srv/people": text },
    });
  const text = `ann:${HASH}\nbob:${HASH}:operator\ncyd:${HASH}:admin\n`;
  const { config, files, sources } = loaded(
    await file(text, `dan: { password_hash: "${HASH}", role: viewer }`),
  );
  const roles = Object.entries(config.admin.users).map(([name, { role }]) => [name, role]);
  assert.deepEqual(Object.fromEntries(roles), {
    ann: "viewer",
    bob: "operator",
    cyd: "admin",
    dan: "viewer",
  });
  assert.ok(files.includes("/srv/people"), "its changes are followed");
  assert.equal(sources.get("admin.users.bob.role")?.kind, "file");
  for (
    const [wrong, expected] of [
      [`ann:${HASH}:root`, /\/srv\/people:1: ann: expected viewer, operator or admin/],
      [`dan:${HASH}`, /\/srv\/people:1: dan is listed twice/],
      [`admin:${HASH}`, /admin is admin\.username, too/],
      ["", /\/srv\/people has no users/],
    ] as const
  ) {
    const found = problems(await file(wrong, `dan: { password_hash: "${HASH}", role: viewer }`));
    assert.match(found.join("\n"), expected);
    assert.doesNotMatch(found.join("\n"), /2y/);
  }
});

Deno.test("admin.users, a hash and a role each", async () => {
  const yaml = "admin: { users: { ann: { password_hash: secret, role: root } } }";
  const found = problems(await loadYaml(yaml)).join("\n");
  assert.match(
    found,
    /admin\.users\.ann\.role: found "root", expected one of viewer, operator, admin/,
  );
  assert.doesNotMatch(found, /secret/);
  const hashless = "admin: { users: { ann: { password_hash: secret, role: viewer } } }";
  const other = problems(await loadYaml(hashless)).join("\n");
  assert.match(other, /admin\.users\.ann\.password_hash: expected a hash/);
});
