/** Who of several Berths does something now that one of them can do for all. */

/** `another's`: somebody does it just now. `alone`: there is nobody else, or nobody can tell. */
export type Turn = { kind: "mine"; done(): void } | { kind: "another's" } | { kind: "alone" };

/** Whose turn it is to ask about `what`; never throws, and waits a moment at most. */
export type TakeTurn = (what: string) => Promise<Turn>;
