import assert from "node:assert/strict";
import { happened, ofNotice } from "../../../proxy/notify/happening.ts";
import { bodyOf, signatureOf } from "../../../proxy/notify/payload.ts";

const notice = {
  id: "registry-failing:docker",
  severity: "error",
  title: "docker cannot be reached",
  detail: "The connection was refused.",
  since: 5,
  registry: "docker",
} as const;
const time = Date.UTC(2026, 10, 26, 3, 12, 7);
const opened = ofNotice({ state: "opened", notice, lasted: 0 }, time);
const over = ofNotice({ state: "over", notice, lasted: 216_000 }, time);

Deno.test("bodyOf, JSON says what, about what, when and how long", () => {
  assert.deepEqual(JSON.parse(bodyOf(opened, "json")), {
    event: "registry-failing",
    id: "registry-failing:docker",
    state: "opened",
    severity: "error",
    title: "docker cannot be reached",
    detail: "The connection was refused.",
    registry: "docker",
    time: "2026-11-26T03:12:07.000Z",
  });
  const { state, lastedMs } = JSON.parse(bodyOf(over, "json"));
  assert.deepEqual([state, lastedMs], ["over", 216_000]);
  const moved = happened({ event: "tag-moved", id: "x", title: "x", data: { tag: "1" } }, time);
  const body = JSON.parse(bodyOf(moved, "json"));
  assert.deepEqual([body.state, body.severity, body.data], ["happened", "info", { tag: "1" }]);
});

Deno.test("bodyOf, Slack gets a text in which a name is no link and no mention", () => {
  const text = (happening: typeof opened) => JSON.parse(bodyOf(happening, "slack")).text;
  assert.equal(
    text(opened),
    ":red_circle: *docker cannot be reached*\nThe connection was refused.",
  );
  assert.equal(text(over), ":white_check_mark: *Over: docker cannot be reached*, after 3m36s");
  const odd = { ...opened, title: "<!channel> & <http://evil.example|docker>", detail: "" };
  assert.equal(
    text(odd),
    ":red_circle: *&lt;!channel&gt; &amp; &lt;http://evil.example|docker&gt;*",
  );
});

Deno.test("signatureOf, HMAC with SHA-256 (RFC 4231, test case 2)", () => {
  assert.equal(
    signatureOf("what do ya want for nothing?", "Jefe"),
    "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
