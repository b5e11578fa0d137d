/** The one order of messages that several Berths share. */

export interface Entry {
  /** Its place in the order: `1732600000000-0`. */
  id: string;
  text: string;
}

/** Every member throws where there is no answer. */
export interface Stream {
  /** Appends `text` and resolves to its place. */
  add(text: string): Promise<string>;
  /** What comes after `id`, some hundred at most; waits a few seconds for the first. */
  read(id: string): Promise<Entry[]>;
  /** Whether the entry at `id` is still there: old ones go, and the server may have lost them. */
  has(id: string): Promise<boolean>;
  /** What is appended from now on comes after `id`. */
  raise(id: string): Promise<void>;
  /** Ends what is under way. */
  close(): void;
}
