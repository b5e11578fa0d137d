/**
 * `max` entries for an LRUCache that grows with what is in it. Its own `max` takes the memory of all of
 * them at the start: a megabyte and a half for 50,000 with a time to live.
 */
export function atMost(max: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: max, sizeCalculation: () => 1 };
}
