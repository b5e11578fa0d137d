import assert from "node:assert/strict";
import { NodeNames } from "../../../proxy/observe/node_names.ts";
import { settle } from "../../fake/clock.ts";

function fixture(answers: Record<string, string[]> = {}) {
  const asked: string[] = [];
  const clock = { now: 1e12 };
  const setting = { which: "private" as "private" | "all" | "off" };
  const names = new NodeNames({
    now: () => clock.now,
    which: () => setting.which,
    lookup: (address) => {
      asked.push(address);
      const found = answers[address];
      return found ? Promise.resolve(found) : Promise.reject(new Error("no such name"));
    },
  });
  return { names, asked, clock, setting };
}

Deno.test("NodeNames, a name is there at the next look, and looked up again after an hour", async () => {
  const { names, asked, clock } = fixture({ "10.0.0.7": ["node-7.example.com."] });
  assert.equal(names.of("10.0.0.7"), "");
  await settle();
  assert.equal(names.of("10.0.0.7"), "node-7.example.com");
  assert.deepEqual(names.named("NODE-7"), ["10.0.0.7"]);
  clock.now += 3601e3;
  assert.equal(names.of("10.0.0.7"), "");
  await settle();
  assert.equal(asked.length, 2);
});

Deno.test("NodeNames, an address that is on a page many times is asked for once", async () => {
  const { names, asked } = fixture({ "10.0.0.7": ["node-7"] });
  for (let i = 0; i < 20; i++) names.of("10.0.0.7");
  await settle();
  for (let i = 0; i < 20; i++) assert.equal(names.of("10.0.0.7"), "node-7");
  await settle();
  assert.equal(asked.length, 1);
});

Deno.test("NodeNames, an address without a name is not asked for at each look", async () => {
  const { names, asked, clock } = fixture();
  for (let i = 0; i < 3; i++) {
    assert.equal(names.of("10.0.0.8"), "");
    await settle();
  }
  assert.equal(asked.length, 1);
  clock.now += 601e3;
  names.of("10.0.0.8");
  await settle();
  assert.equal(asked.length, 2);
});

Deno.test("NodeNames, public addresses are asked for where that is set, and none where it is off", async () => {
  const { names, asked, setting } = fixture();
  for (const address of ["8.8.8.8", "2001:db8::1", "unknown", ""]) names.of(address);
  assert.deepEqual(asked, []);
  for (const address of ["fd00::1", "192.168.1.1", "100.64.0.1"]) names.of(address);
  await settle();
  setting.which = "all";
  names.of("8.8.8.8");
  await settle();
  setting.which = "off";
  names.of("10.1.1.1");
  assert.deepEqual(asked, ["fd00::1", "192.168.1.1", "100.64.0.1", "8.8.8.8"]);
});

Deno.test("NodeNames, a few at a time, and only what is a name", async () => {
  const { names, asked } = fixture({ "10.0.0.1": ["<script>"] });
  for (let i = 1; i <= 600; i++) names.of(`10.0.${i >> 8}.${i & 255}`);
  assert.equal(asked.length, 4);
  await settle();
  for (let i = 0; i < 200; i++) await settle();
  assert.equal(names.of("10.0.0.1"), "");
  assert.ok(asked.length <= 504, `${asked.length}`);
});
