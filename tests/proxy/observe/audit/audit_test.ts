import assert from "node:assert/strict";
import { join } from "node:path";
import { type AuditOptions, openAudit } from "../../../../proxy/observe/audit/audit.ts";
import { type AuditEntry, auditLine } from "../../../../proxy/observe/audit/entry.ts";

const DAY = 86400e3;
const START = Date.UTC(2026, 0, 15, 12);

const change: AuditEntry = {
  user: "ann",
  via: "password",
  address: "192.0.2.7",
  action: "registry-change",
  target: "docker",
  outcome: "done",
  detail: "",
  changes: [{
    path: "registries.docker.url",
    secret: false,
    before: "https://a.example",
    after: "https://b.example",
  }],
};
const failure: AuditEntry = {
  ...change,
  action: "sign-in",
  target: "",
  outcome: "refused",
  detail: "Wrong user name or password",
  changes: [],
};

function fixture(options: Partial<AuditOptions> = {}) {
  const clock = { now: START };
  const lines: string[] = [];
  const errors: unknown[] = [];
  const audit = openAudit({
    file: ":memory:",
    now: () => clock.now,
    log: (level, line) => lines.push(`${level} ${line}`),
    failed: (error) => errors.push(error),
    ...options,
  });
  return { audit, clock, lines, errors, [Symbol.dispose]: () => audit.close() };
}

Deno.test("audit, an entry is kept as it was and told in one line of the log", () => {
  using books = fixture();
  books.audit.record(change);
  assert.deepEqual(books.audit.search({}, 10), [{ ...change, id: 1, time: START, count: 1 }]);
  assert.deepEqual(books.lines, [
    "info 192.0.2.7: ann changed registry docker (registries.docker.url)",
  ]);
});

Deno.test("audit, survives a restart", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "audit.db");
  {
    using books = fixture({ file });
    for (let i = 0; i < 3; i++) books.audit.record(failure);
  }
  {
    using books = fixture({ file });
    assert.deepEqual(books.audit.search({}, 10).map(({ count }) => count), [3]);
    books.audit.record(change);
    assert.deepEqual(books.audit.search({}, 10).map(({ id }) => id), [2, 1]);
  }
  await Deno.remove(dir, { recursive: true });
});

Deno.test("audit, a damaged file is moved aside", async () => {
  const dir = await Deno.makeTempDir();
  const file = join(dir, "audit.db");
  await Deno.writeTextFile(file, "no database at all".repeat(100));
  {
    using books = fixture({ file });
    books.audit.record(change);
    assert.equal(books.audit.search({}, 10).length, 1);
  }
  assert.match(await Deno.readTextFile(`${file}.damaged`), /^no database/);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("audit, by time, user, action and outcome, page by page", () => {
  using books = fixture();
  const { audit, clock } = books;
  audit.record(change);
  clock.now += 60e3;
  audit.record({ ...failure, user: "Bob" });
  clock.now += 60e3;
  audit.record({ ...change, user: "token ci", action: "evict" });
  const ids = (filter: object) => audit.search(filter, 10).map(({ id }) => id);
  assert.deepEqual(ids({}), [3, 2, 1]);
  assert.deepEqual(ids({ from: START + 60e3 }), [3, 2]);
  assert.deepEqual(ids({ to: START + 60e3 }), [1]);
  assert.deepEqual(ids({ user: "bob" }), [2]);
  assert.deepEqual(ids({ user: "%" }), []);
  assert.deepEqual(ids({ action: "evict" }), [3]);
  assert.deepEqual(ids({ outcome: "refused" }), [2]);
  assert.deepEqual(audit.search({}, 1).map(({ id }) => id), [3]);
  assert.deepEqual(audit.search({}, 10, 3).map(({ id }) => id), [2, 1]);
});

Deno.test("audit, who guesses fills a row a minute, and the log has each password that was tried", () => {
  using books = fixture();
  const { audit, clock, lines } = books;
  for (let i = 0; i < 5; i++) audit.record(failure);
  for (let i = 0; i < 500; i++) audit.record({ ...failure, detail: "Too many failed sign-ins" });
  clock.now += 60e3;
  audit.record(failure);
  assert.deepEqual(audit.search({}, 10).map(({ count }) => count), [1, 500, 5]);
  assert.equal(lines.length, 7);
  assert.equal(
    lines[0],
    "warn 192.0.2.7: dashboard sign-in as ann failed: Wrong user name or password",
  );
});

Deno.test("audit, guessing from many addresses pushes no change out", () => {
  using books = fixture({ most: { done: 10, other: 100 } });
  const { audit, clock } = books;
  audit.record(change);
  for (let minute = 0; minute < 70; minute++) {
    for (let i = 0; i < 90; i++) audit.record({ ...failure, address: `10.0.${minute}.${i}` });
    if (minute === 0) {
      const [others, ...rest] = audit.search({ outcome: "refused" }, 1000);
      assert.equal(rest.length, 60);
      assert.deepEqual([others!.count, others!.address, others!.detail], [30, "", "and others"]);
    }
    clock.now += 60e3;
  }
  assert.deepEqual(audit.search({ outcome: "done" }, 10).map(({ id }) => id), [1]);
  assert.ok(audit.search({}, 10_000).length < 100 + 61 * 61, "pruned each hour");
});

Deno.test("audit, is kept for a year, and within a bound", () => {
  using books = fixture({ most: { done: 3, other: 3 } });
  const { audit, clock } = books;
  for (let i = 0; i < 5; i++) audit.record({ ...change, target: `r${i}` });
  clock.now += DAY;
  audit.record({ ...change, target: "last" });
  assert.deepEqual(audit.search({}, 10).map(({ target }) => target), ["last", "r4", "r3", "r2"]);
  clock.now += 364.5 * DAY;
  audit.record(failure);
  assert.deepEqual(audit.search({}, 10).map(({ target }) => target), ["", "last"]);
});

Deno.test("audit, what is long is cut; a reload by file has its line already", () => {
  using books = fixture();
  const changes = Array.from(
    { length: 300 },
    () => ({ ...change.changes[0]!, after: "x".repeat(9999) }),
  );
  books.audit.record({ ...change, via: "file", action: "config-reload", changes });
  const [row] = books.audit.search({}, 1);
  assert.equal(row!.changes.length, 100);
  assert.equal(row!.changes[0]!.after.length, 501);
  assert.deepEqual(books.lines, []);
});

Deno.test("audit, a disk that refuses is told of, and nothing is thrown", () => {
  const { audit, errors, lines } = fixture();
  audit.close();
  audit.record(change);
  assert.equal(errors.length, 1);
  assert.equal(lines.length, 1);
});

Deno.test("auditLine, says who could not sign in, but no name that may be a password", () => {
  const line = (more: Partial<AuditEntry>) => auditLine({ ...failure, detail: "", ...more });
  const registry = { action: "registry-sign-in" } as const;
  assert.equal(line(registry), "192.0.2.7: sign-in as ann failed");
  assert.equal(line({ ...registry, user: "" }), "192.0.2.7: sign-in as an unknown user failed");
  assert.equal(line({ ...registry, user: "", via: "token" }), "192.0.2.7: sign-in by token failed");
  assert.equal(
    line({ via: "token", user: "token ci", detail: "it has expired" }),
    "192.0.2.7: dashboard sign-in by token ci failed: it has expired",
  );
  const refused = { ...change, changes: [], outcome: "refused", detail: "no right" } as const;
  assert.equal(auditLine(refused), "192.0.2.7: ann changed registry docker, refused: no right");
});
