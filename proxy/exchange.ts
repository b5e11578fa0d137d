/** One request to the registry API, parsed and routed, on its way through the handlers. */
import type { Access } from "./access/permissions.ts";
import type { Proof, ProofBook } from "./client_sign_in/proof.ts";
import type { Caller } from "./http/caller.ts";
import type { Target } from "./names/target.ts";
import type { RequestRecord } from "./observe/record.ts";
import type { OciPath } from "./oci/path.ts";
import type { Upstream } from "./upstream/client.ts";

/** Handlers switch on `path.kind`, and never look at the URL again. */
export interface Exchange {
  readonly request: Request;
  readonly path: OciPath;
  readonly query: URLSearchParams;
  readonly target: Target;
  /** A trusted proxy has passed it on to the registry port. */
  readonly proxied: boolean;
  /** Asked by Berth itself, ahead of clients: tags as they are now, and no fill that outlives it. */
  readonly ahead: boolean;
  /** It came to a listener of ours, and not through the forward proxy, which the client may need. */
  readonly direct: boolean;
  /** As the caller's. */
  readonly pace?: Caller["pace"];
  readonly upstream: Upstream;
  /** Where the client is to get its tokens, in `auth.mode: client`; else empty. */
  readonly realm: string;
  /** The client's own Authorization, where the registry is `auth.mode: client`. */
  readonly authorization: string | undefined;
  readonly access: Access;
  /** The client's address. */
  readonly client: string;
  /** How the client's own credentials stand to the repository, where the registry asks for them. */
  readonly proof: Proof;
  readonly proofs: ProofBook;
  /** Holds an answer of the registry back where a limit is set; undefined: nothing does. */
  readonly paced?: ((response: Response) => Response) | undefined;
  /** What upstream was asked for this request; written by `ask.ts` alone. */
  readonly asked: AskedUpstream;
  /** Told of each piece of content that comes from upstream, also after the client has gone. */
  readonly received: (bytes: number) => void;
}

/** A path of one kind: `PathOf<"blob">`. */
export type PathOf<Kind extends OciPath["kind"]> = Extract<OciPath, { kind: Kind }>;

/** The part of a request's record that is about upstream. It may grow while the body is sent. */
type AskedUpstream = Pick<
  RequestRecord,
  "attempts" | "upstreamBytes" | "upstreamError" | "upstreamStatus" | "upstreamMs"
>;

/** The repository and reference of `x` for a message: `library/alpine:3.20`. */
export function fullName({ path, target }: Pick<Exchange, "path" | "target">): string {
  if (path.kind === "manifest") {
    const { kind, value } = path.reference;
    return `${target.repository}${kind === "tag" ? ":" : "@"}${value}`;
  }
  if (path.kind === "blob" || path.kind === "referrers") {
    return `${target.repository}@${path.digest}`;
  }
  return target.repository || "this";
}
