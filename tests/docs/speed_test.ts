/** What the bench makes of its samples: the tables of the pages, and what became worse. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { compared } from "../bench/compare.ts";
import type { Result } from "../bench/result.ts";
import { TINY } from "../bench/scale.ts";
import { speedSection, withSpeed } from "../bench/speed.ts";
import type { Measured } from "../bench/table.ts";

const rate = { name: "hit, 1 client, 8 MiB", unit: "MB/s", better: "more", row: "hit" } as const;
const cpu = { name: "… CPU time", unit: "CPU s/GB", better: "less", row: "hit" } as const;

function resultOf(rows: Measured[], more: Partial<Result> = {}): Result {
  const machine = { cores: 2, model: "AMD EPYC", memory: 24 * 2 ** 30 };
  return { day: "2026-11-26", machine, deno: "2.9.4", scale: TINY, rows, ...more };
}

const RESULT = resultOf([
  { ...rate, samples: { nginx: [2000, 1000, 3000], berth: [900, 1000, 950] } },
  { ...cpu, samples: { nginx: [0.2], berth: [0.19] } },
  { ...rate, name: "a row of its own", row: "tunnel", samples: { berth: [1] } },
]);

const SECTION = `Taken on 2026-11-26 with Deno 2.9.4 on 2 cores (AMD EPYC) and 24 GiB of memory. \
The last columns say how many times better Berth is; below 1 it is worse.

|  | nginx | docker-registry | Berth | Berth : nginx | Berth : docker-registry |
| --- | ---: | ---: | ---: | ---: | ---: |
| hit, 1 client, 8 MiB, MB/s | 2000 | – | 950 | **0.47** | – |
| … CPU time, CPU s/GB | 0.2 | – | 0.19 | 1.05 | – |

Bold is where Berth is behind: nginx in 1 of 2 rows.`;

Deno.test("speedSection, medians, ratios, CPU time, and what does not hold", () => {
  assert.equal(speedSection(RESULT), SECTION);
  const dear = resultOf([
    { ...rate, samples: { nginx: [1], "docker-registry": [4], berth: [2] } },
    { ...cpu, samples: { nginx: [0.2], berth: [0.4] } },
  ]);
  assert.ok(
    speedSection(dear).endsWith(
      "| hit, 1 client, 8 MiB, MB/s | 1 | 4 | 2 | 2.00 | **0.50** |\n" +
        "| … CPU time, CPU s/GB | 0.2 | – | 0.4 | **0.50** | – |\n\n" +
        "Bold is where Berth is behind: nginx in 1 of 2 rows, docker-registry in 1 of 1 rows.",
    ),
  );
  const best = resultOf([{ ...rate, samples: { nginx: [1], berth: [2] } }]);
  assert.ok(speedSection(best).endsWith("Berth is behind in none of these rows."));
});

Deno.test("speedSection, briefly: the first metric of each load", () => {
  const [, , ...lines] = speedSection(RESULT, true).split("\n");
  assert.deepEqual(lines.slice(2), [
    "| hit, 1 client, 8 MiB, MB/s | 2000 | – | 950 | **0.47** | – |",
    "",
    "Bold is where Berth is behind: nginx in 1 of 1 rows.",
  ]);
});

Deno.test("withSpeed, replaces what is between the marks, again and again, and nothing else", () => {
  for (const path of ["docs/speed.md", "README.md"]) {
    const page = Deno.readTextFileSync(join(import.meta.dirname!, "../..", path));
    const [before, after] = [page.split("<!-- speed")[0]!, page.split("<!-- /speed -->")[1]!];
    const once = withSpeed(page, RESULT);
    assert.ok(once.startsWith(before) && once.endsWith(`<!-- /speed -->${after}`), path);
    assert.ok(once.includes(`\n\n${SECTION}\n\n<!-- /speed -->`), path);
    assert.equal(withSpeed(once, RESULT), once);
  }
  assert.throws(() => withSpeed("# Berth", RESULT), /expected <!-- speed/);
});

Deno.test("compared, over 15 % more CPU time is told of; less, or of another run, is not", () => {
  const at = (berth: number, nginx = 0.2, more: Partial<Result> = {}) =>
    resultOf([
      { ...rate, samples: { berth: [berth * 1000] } },
      { ...cpu, samples: { nginx: [nginx], berth: [berth] } },
    ], more);
  const fine = ["No row takes over 15 % more CPU time than before."];
  assert.deepEqual(compared(at(0.2), at(0.24), "berth"), [
    "WORSE: hit, 1 client, 8 MiB: 20 % more CPU time (0.2 before, 0.24 now)",
  ]);
  assert.deepEqual(compared(at(0.2), at(0.22, 9), "berth"), fine);
  assert.deepEqual(compared(at(0.4), at(0.2), "berth"), fine);
  assert.deepEqual(compared(undefined, at(0.2), "berth"), [
    "There is no earlier run to compare with.",
  ]);
  const machine = { ...at(1).machine, model: "another" };
  assert.deepEqual(compared(at(0.2, 0.2, { machine }), at(0.4), "berth"), [
    "Not compared: the earlier run was on another.",
  ]);
  const scale = { ...TINY, rounds: 9 };
  assert.deepEqual(compared(at(0.2, 0.2, { scale }), at(0.4), "berth"), [
    "Not compared: the earlier run was of another size.",
  ]);
});
