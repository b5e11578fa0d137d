/** What several Berths know together, in one process; it can be away. */
import type { SharedMemory } from "../../base/shared_memory.ts";

interface FakeMemory extends SharedMemory {
  away: boolean;
  readonly kept: Map<string, { value: string; life: number }>;
  /** How often each key was taken and not given back. */
  readonly taken: Map<string, number>;
}

export function fakeMemory(): FakeMemory {
  const kept = new Map<string, { value: string; life: number }>();
  const taken = new Map<string, number>();
  const count = (keys: readonly { key: string }[], by: number) => {
    for (const { key } of keys) taken.set(key, (taken.get(key) ?? 0) + by);
  };
  const memory: FakeMemory = {
    away: false,
    kept,
    taken,
    get: (key) => Promise.resolve(memory.away ? undefined : kept.get(key)?.value),
    put: (key, value, life) => Promise.resolve(!memory.away && !!kept.set(key, { value, life })),
    forget: (key) => Promise.resolve(void (memory.away || kept.delete(key))),
    take(rates) {
      if (memory.away) return Promise.resolve(0);
      const wait = rates.filter(({ key, burst }) => (taken.get(key) ?? 0) >= burst)
        .map(({ everyMs }) => everyMs);
      if (wait.length === 0) count(rates, 1);
      return Promise.resolve(Math.max(0, ...wait));
    },
    giveBack: (rates) => Promise.resolve(memory.away ? undefined : count(rates, -1)),
  };
  return memory;
}
