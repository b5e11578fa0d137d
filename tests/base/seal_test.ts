import assert from "node:assert/strict";
import { isSealed, seal, type SealingKeys, sealingKeys, unseal } from "../../base/seal.ts";

const TEXT = "https://hub.test/v2/org/app/blobs/uploads/1?_state=ä==";

Deno.test("seal, unseal, the same text again, in one path segment, never twice alike", async () => {
  const key = await sealingKeys();
  const sealed = await seal(TEXT, "hub/org/app", key);
  assert.match(sealed, /^berth~[\w~-]+$/);
  assert.equal(sealed.includes("hub"), false);
  assert.equal(await unseal(sealed, "hub/org/app", key), TEXT);
  assert.notEqual(await seal(TEXT, "hub/org/app", key), sealed);
});

Deno.test("unseal, nothing of what was changed, or sealed elsewhere or by another key", async () => {
  const key = await sealingKeys();
  const sealed = await seal(TEXT, "hub/org/app", key);
  const [mark, iv, bytes] = sealed.split("~") as [string, string, string];
  const flipped = bytes[5] === "A" ? "B" : "A";
  const table: Record<string, [string, string, SealingKeys]> = {
    "another repository": [sealed, "hub/org/other", key],
    "another key": [sealed, "hub/org/app", await sealingKeys()],
    "a changed byte": [
      [mark, iv, bytes.slice(0, 5) + flipped + bytes.slice(6)].join("~"),
      "hub/org/app",
      key,
    ],
    "cut short": [sealed.slice(0, -4), "hub/org/app", key],
    "no bytes": [`${mark}~${iv}`, "hub/org/app", key],
    "no base64": ["berth~%~%", "hub/org/app", key],
    "nothing": ["", "hub/org/app", key],
  };
  for (const [title, [text, context, by]] of Object.entries(table)) {
    assert.equal(await unseal(text, context, by), undefined, title);
  }
});

Deno.test("isSealed, by its form alone", async () => {
  assert.equal(isSealed(await seal("", "", await sealingKeys())), true);
  assert.equal(isSealed("6f2ad7ce-upload"), false);
});

Deno.test("unseal, what another Berth with the same keys has sealed, also by a former one", async () => {
  const [old, current, other] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
  const sealed = await seal("/uploads/7", "hub/org/app", await sealingKeys([old!]));
  const opens = async (...keys: Uint8Array<ArrayBuffer>[]) =>
    await unseal(sealed, "hub/org/app", await sealingKeys(keys));
  assert.equal(await opens(old!), "/uploads/7");
  assert.equal(await opens(current!, old!), "/uploads/7");
  assert.equal(await opens(current!, other!), undefined);
});
