/** Single flight: callers that want the same thing at the same time share one run. */

/** Runs in flight, by key. Nothing is remembered once a run has settled. */
export class Once<T> {
  readonly #running = new Map<string, Promise<T>>();

  /**
   * The promise of the run in flight for `key`, or of a new one. Whether it resolves or rejects,
   * everyone who shares it gets the same outcome, and the next call runs again.
   */
  run(key: string, task: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running) return running;
    const started = task().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}
