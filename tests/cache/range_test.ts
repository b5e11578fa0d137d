import assert from "node:assert/strict";
import fc from "fast-check";
import type { ByteRange } from "../../base/byte_range.ts";
import { RangeNotSatisfiable } from "../../cache/errors.ts";
import { resolveRange } from "../../cache/range.ts";

Deno.test("resolveRange, agrees with RFC 9110, section 14.1.2", () => {
  const table: [ByteRange | undefined, size: number, [number, number] | undefined][] = [
    [undefined, 10, [0, 10]],
    [undefined, 0, [0, 0]],
    [{ start: 0 }, 10, [0, 10]],
    [{ start: 3, end: 5 }, 10, [3, 6]],
    [{ start: 9, end: 9 }, 10, [9, 10]],
    [{ start: 3, end: 500 }, 10, [3, 10]],
    [{ start: 10 }, 10, undefined],
    [{ start: 5, end: 4 }, 10, undefined],
    [{ start: 0 }, 0, undefined],
    [{ suffix: 3 }, 10, [7, 10]],
    [{ suffix: 30 }, 10, [0, 10]],
    [{ suffix: 0 }, 10, undefined],
    [{ suffix: 1 }, 0, undefined],
  ];
  for (const [range, size, expected] of table) {
    if (expected) {
      const [start, end] = expected;
      assert.deepEqual(resolveRange(range, size), { start, end }, JSON.stringify(range));
    } else {
      assert.throws(() => resolveRange(range, size), (error: RangeNotSatisfiable) => {
        assert.ok(error instanceof RangeNotSatisfiable);
        assert.equal(error.size, size);
        return true;
      });
    }
  }
});

Deno.test("resolveRange, never leaves the content", () => {
  fc.assert(fc.property(
    fc.nat(),
    fc.oneof(
      fc.record({ start: fc.nat() }),
      fc.record({ start: fc.nat(), end: fc.nat() }),
      fc.record({ suffix: fc.nat() }),
    ),
    (size, range) => {
      try {
        const { start, end } = resolveRange(range, size);
        assert.ok(0 <= start && start < end && end <= size);
      } catch (error) {
        assert.ok(error instanceof RangeNotSatisfiable);
      }
    },
  ));
});
