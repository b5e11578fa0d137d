/** Who asks, and what each handler of the dashboard's port finds in its context. */
import type { Context } from "hono";
import type { Action, AuditChange, Outcome, Way } from "../../proxy/observe/audit/entry.ts";
import type { Session } from "../session.ts";
import type { Right } from "./rights.ts";

export interface AdminEnv {
  Bindings: {
    /** The address at the other end of the connection; empty where it has none. */
    peer: string;
  };
  Variables: {
    identity: Identity;
    /** For the audit log, beside what that sees for itself. */
    note: Note;
  };
}

/** Who asks; `open` is anyone on this machine, where `admin.auth` is `none`. */
export type Identity =
  & { readonly rights: readonly Right[] }
  & (
    | { readonly kind: "open" }
    | {
      readonly kind: "token";
      readonly name: string;
      /** Undefined for one of the configuration. */
      readonly id?: string;
    }
    | { readonly kind: "session"; readonly cookie: string; readonly session: Session }
  );

/** Who it is, for people: `ann`, `token ci`. */
export function nameOf(identity: Identity): string {
  if (identity.kind === "session") return identity.session.user;
  return identity.kind === "token" ? `token ${identity.name}` : "anyone on this machine";
}

/** How whoever it is has signed in. */
export function wayOf(identity: Identity): Way {
  return identity.kind === "session" ? wayInto(identity.session) : identity.kind;
}

/** How the session was signed in to. */
export function wayInto({ group }: Session): Way {
  return group === undefined ? "password" : "oidc";
}

/** What is known of a request beside the request itself. */
export interface Note {
  /** Who signs in or out, where the name is known. */
  user?: string;
  via?: Way;
  /** Instead of what the table of `audited.ts` says. */
  action?: Action;
  target?: string;
  detail?: string;
  /** Why it failed, beyond what whoever asks is told. */
  reason?: string;
  changes?: readonly AuditChange[];
  /** Instead of what the status says. */
  outcome?: Outcome;
  /** Why a token was refused, wherever it was sent. */
  refusedToken?: string | undefined;
  /** There was nothing to do, such as a sign-out of nobody. */
  nothing?: true;
}

/** Adds to what the audit log will say of this request. */
export function note(c: Context<AdminEnv>, more: Note): void {
  c.set("note", { ...c.get("note"), ...more });
}
