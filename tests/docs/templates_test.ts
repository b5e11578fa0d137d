/** Forms for issues, as GitHub takes them. */
import assert from "node:assert/strict";
import { filesIn, values } from "../deploy/files.ts";

interface Form {
  name: string;
  description: string;
  body: { type: string; id?: string; attributes: { label?: string; value?: string } }[];
}

Deno.test("issue templates, have what GitHub asks for", () => {
  const files = filesIn(".github/ISSUE_TEMPLATE", ".yml").filter((it) =>
    !it.endsWith("config.yml")
  );
  assert.ok(files.length > 1);
  for (const file of files) {
    const { name, description, body } = values(file) as Form;
    assert.ok(name && description, file);
    const ids = body.flatMap(({ id }) => id ?? []);
    assert.equal(new Set(ids).size, ids.length, file);
    for (const { type, attributes } of body) {
      assert.ok(["markdown", "textarea", "input"].includes(type), `${file}: ${type}`);
      assert.ok(type === "markdown" ? attributes.value : attributes.label, `${file}: ${type}`);
    }
  }
});
