import assert from "node:assert/strict";
import { join } from "node:path";
import type { Forward } from "../../../ui/api/schema/connect.ts";
import type { Problem } from "../../../ui/api/schema.ts";
import { type AdminFixture, adminFixture } from "../../fake/admin.ts";

const FILE = `# where our clients may go
forward:
  listen: ":3128" # for HTTPS_PROXY
  allowed_hosts:
    - pypi.org # for the builds
    # asked for by the lab
    - files.lab:8443
`;
const ENTRY = "    - files.lab:8443\n";

const text = ({ dir }: AdminFixture) => Deno.readTextFile(join(dir, "config.yaml"));

async function allow(
  admin: AdminFixture,
  host: string,
  port = 443,
  headers: Record<string, string> = {},
): Promise<Response> {
  return await admin.call("/forward/allowed-hosts", { body: { host, port }, headers });
}

Deno.test("forward, what goes through, what was refused, and what would help", async () => {
  await using admin = await adminFixture(FILE);
  const { tunnels, refused, file, revision, ...rest } = await (await admin.call("/forward"))
    .json() as Forward;
  assert.deepEqual(tunnels, [{
    id: "1",
    host: "quay.io",
    port: 443,
    client: "192.0.2.7",
    user: "",
    startedAt: 5,
    sentBytes: 10,
    receivedBytes: 20,
    intercepted: true,
  }]);
  assert.deepEqual(refused, [{
    host: "evil.example",
    port: 8443,
    reason: "host",
    message: "not on the list",
    entry: "evil.example:8443",
    count: 2,
    client: "192.0.2.7",
    lastAt: 7,
  }]);
  assert.equal(file, join(admin.dir, "config.yaml"));
  assert.match(revision, /^[0-9a-f]{16}$/);
  assert.deepEqual(rest, { listen: ":3128", open: 1, writable: true, readOnlyReason: "" });
});

Deno.test("forward, of thousands of tunnels the latest are told, and how many there are", async () => {
  await using admin = await adminFixture(FILE);
  const [tunnel] = admin.forward.tunnels();
  admin.forward.tunnels = () => Array.from({ length: 3000 }, (_, id) => ({ ...tunnel!, id }));
  const { open, tunnels } = await (await admin.call("/forward")).json() as Forward;
  assert.deepEqual([open, tunnels.length, tunnels[0]?.id], [3000, 200, "2999"]);
});

Deno.test("allow a host, comments stay and it is in force", async () => {
  for (
    const [host, port, entry] of [
      ["cdn.example", 443, "cdn.example"],
      ["CDN.example", 80, "cdn.example"],
      ["cdn.example", 8443, "cdn.example:8443"],
      ["files.lab", 443, "files.lab:443"],
      ["2001:db8::1", 443, '"[2001:db8::1]"'],
      ["my_host.example", 443, "my_host.example"],
    ] as const
  ) {
    await using admin = await adminFixture(FILE);
    const response = await allow(admin, host, port);
    assert.equal(response.status, 200, await response.text());
    assert.equal(await text(admin), FILE.replace(ENTRY, `${ENTRY}    - ${entry}\n`), host);
    assert.equal(admin.live.current.forward.allowed_hosts.at(-1), entry.replaceAll('"', ""));
  }
});

Deno.test("allow a host, that is allowed already changes nothing", async () => {
  await using admin = await adminFixture(FILE);
  for (const host of ["pypi.org", "quay.io"]) {
    assert.equal((await allow(admin, host)).status, 200);
  }
  assert.equal(await text(admin), FILE);
});

Deno.test("allow a host, what somebody else added a moment ago stays", async () => {
  await using admin = await adminFixture(FILE);
  const theirs = FILE.replace(ENTRY, `${ENTRY}    - theirs.example # new\n`);
  await Deno.writeTextFile(join(admin.dir, "config.yaml"), theirs);
  const { revision } = await (await admin.call("/forward")).json() as Forward;
  assert.equal((await allow(admin, "ours.example", 443, { "if-match": revision })).status, 200);
  const both = theirs.replace("# new\n", "# new\n    - ours.example\n");
  assert.equal(await text(admin), both);
});

/** Why it is not done, with the file as it was. */
async function refusal(
  admin: AdminFixture,
  status: number,
  headers: Record<string, string> = {},
  host = "cdn.example",
): Promise<Problem> {
  const response = await allow(admin, host, 443, headers);
  const problem = await response.json() as Problem;
  assert.equal(response.status, status, JSON.stringify(problem));
  return problem;
}

Deno.test("allow a host, a file that changed since it was looked at is a 409", async () => {
  await using admin = await adminFixture(FILE);
  const { revision } = await (await admin.call("/forward")).json() as Forward;
  const theirs = `${FILE}# by another hand\n`;
  await Deno.writeTextFile(join(admin.dir, "config.yaml"), theirs);
  const problem = await refusal(admin, 409, { "if-match": `"${revision}"` });
  assert.equal(problem.type, "/problems/changed-underneath");
  assert.match(problem.detail!, /has changed since it was read/);
  assert.equal(await text(admin), theirs);
});

Deno.test("allow a host, a list of the environment is a 409 that names it", async () => {
  await using admin = await adminFixture(FILE, { BERTH_FORWARD_ALLOWED_HOSTS: "a.example" });
  const { writable, readOnlyReason } = await (await admin.call("/forward")).json() as Forward;
  assert.equal(writable, false);
  assert.match(readOnlyReason, /environment BERTH_FORWARD_ALLOWED_HOSTS/);
  const problem = await refusal(admin, 409);
  assert.equal(problem.type, "/problems/read-only");
  assert.match(problem.detail!, /environment BERTH_FORWARD_ALLOWED_HOSTS; change it there/);
  assert.equal(await text(admin), FILE);
});

Deno.test("allow a host, a file that cannot be had or is wrong is told as such", async () => {
  await using admin = await adminFixture(FILE);
  const file = join(admin.dir, "config.yaml");
  await Deno.writeTextFile(file, `${FILE}log: { level: loud }\n`);
  assert.match((await refusal(admin, 422)).detail!, /log\.level/);
  await Deno.remove(file);
  await Deno.mkdir(file);
  const problem = await refusal(admin, 409);
  assert.equal(problem.type, "/problems/not-writable");
  assert.match(problem.detail!, /config\.yaml/);
});

Deno.test("allow a host, what is no host is a 422", async () => {
  await using admin = await adminFixture(FILE);
  for (const host of ["a b", "", "/.*/", "x:y:z", "a.example/..", "*.example"]) {
    const problem = await refusal(admin, 422, {}, host);
    assert.equal(problem.fields?.[0]?.path, "host", host);
  }
  const port = await allow(admin, "a.example", 65_536);
  assert.equal(port.status, 422);
  assert.equal(await text(admin), FILE);
});
