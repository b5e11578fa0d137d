/** Telling of changes: only of those that are committed, and never of what others have told. */
import type { Change, ChangeListener } from "../change.ts";

export class Announcer {
  readonly #listeners = new Set<ChangeListener>();
  #uncommitted: Change[] = [];
  #silent = false;

  /** Calls `listener` with each change until the returned function is called. */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether anybody would hear of a change, which may cost something to put together. */
  get heard(): boolean {
    return this.#listeners.size > 0 && !this.#silent;
  }

  /** Tells of `change`, at once or, where `committed` is false, at the next {@linkcode commit}. */
  tell(change: Change, committed: boolean): void {
    if (!this.heard) return;
    this.#uncommitted.push(change);
    if (committed) this.commit();
  }

  /** What was told of is in the database now. */
  commit(): void {
    const changes = this.#uncommitted;
    this.#uncommitted = [];
    for (const change of changes) {
      for (const listener of this.#listeners) listener(change);
    }
  }

  /** What was told of since the last commit has not happened. */
  rollback(): void {
    this.#uncommitted = [];
  }

  /** Runs `work`, of whose changes nobody is told. */
  silently(work: () => void): void {
    this.#silent = true;
    try {
      work();
    } finally {
      this.#silent = false;
    }
  }
}
