/** So much at a time, and the rest in the order in which it came. */

/** Runs a task when its turn comes. */
export type Turns = <T>(task: () => Promise<T>) => Promise<T>;

/** At most `most` tasks at a time. */
export function turns(most: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
