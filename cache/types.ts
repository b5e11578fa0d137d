/** What goes in and out of the cache. */
import type { ByteRange } from "../base/byte_range.ts";

/** An answer of a {@linkcode Source}. */
export interface SourceAnswer {
  /** Where `body` begins: what was asked for, or less where the source ignored it. */
  offset: number;
  /** Bytes of the whole content, where the source says. */
  total: number | undefined;
  mediaType?: string;
  body: ReadableStream<Uint8Array>;
  /** Told of each piece that is taken from `body`, and for how many milliseconds it was waited for. */
  taken?: (bytes: number, waited: number) => void;
}

/**
 * Where bytes come from when they are not here: asked for everything from byte `from` on. What it
 * throws reaches those who asked for the content, unchanged.
 */
export type Source = (
  from: number,
  signal: AbortSignal,
  hints?: SourceHints,
) => Promise<SourceAnswer>;

export interface SourceHints {
  /** Bytes of the whole content, where that is known from an earlier answer. */
  total?: number | undefined;
  /**
   * True where the caller itself asks again after a while: a source that has retries of its own must
   * not make them, or the two multiply.
   */
  once: boolean;
}

/** Content on its way to a reader, who must read `body` to its end or cancel it. */
export interface Content {
  digest: string;
  mediaType: string;
  /** Bytes of the whole content; unknown only during a fill from a source that does not say. */
  size: number | undefined;
  /** Where `body` begins in it, and how many bytes it holds. */
  offset: number;
  length: number | undefined;
  /** Bytes where they were in memory already. An error in the stream means: not these bytes. */
  body: ReadableStream<Uint8Array> | Uint8Array;
  /**
   * To be told that the first `bytes` bytes of `body` are in nobody's hands any more: the memory
   * that they were handed out in may be written over from then on. Who cannot know says nothing.
   */
  used?: (bytes: number) => void;
  /** From here; or fetched for this reader; or from a fetch that another reader began. */
  how: "hit" | "fill" | "joined";
}

export interface BlobInfo {
  digest: string;
  size: number;
  /** Empty where nobody has said. */
  mediaType: string;
  hits: number;
  /** Unix milliseconds, as all times here. */
  lastUsed: number;
  created: number;
  /** When its bytes were last compared with the digest; 0 where they were not since it was found. */
  verified: number;
}

/** What the cache tells of a blob. */
export interface BlobStat extends BlobInfo {
  /** Held by a pin: stays whatever happens. */
  pinned: boolean;
}

/** What is known of a digest when somebody asks for it on behalf of a repository. */
export interface Look {
  digest: string;
  /** The content, where it is here. */
  stat: Readonly<BlobInfo> | undefined;
  /** False where memory alone holds it, since the disk did not take it. */
  stored: boolean;
  /** Whether the repository is known to hold the digest, here or not. */
  linked: boolean;
  /** Repositories on whose behalf it is being fetched right now. */
  filling: ReadonlySet<string> | undefined;
  /** What the depot is known to hold, where the content is not here. The media type may be empty. */
  depot: { size: number; mediaType: string } | undefined;
}

/** A tag, whatever clients accept. */
export interface TagName {
  registry: string;
  /** As upstream names it: `library/alpine`. */
  repository: string;
  tag: string;
}

export interface TagKey extends TagName {
  /** What the client accepts, in a canonical form of the caller's. */
  accept: string;
}

/** What had a tag looked at: a client's pull, one ahead of clients, or a bundle that was loaded. */
export type SeenBy = "pull" | "prefetch" | "bundle";

export interface TagRow {
  digest: string;
  mediaType: string;
  size: number;
  /** When upstream last said so, in Unix milliseconds. */
  checkedAt: number;
  /** What found it out, for the tag's history; no longer known of what is read again. */
  by?: SeenBy;
}

/** What a tag stands for to the clients of one kind. */
export type TagMeaning = TagRow & Pick<TagKey, "accept">;

/** A digest that a tag has stood for. Times are Unix milliseconds. */
export interface TagSighting {
  digest: string;
  mediaType: string;
  size: number;
  firstSeen: number;
  lastSeen: number;
  /** What saw it first; empty where that is not known. */
  seenBy: SeenBy | "";
}

export interface OpenOptions {
  range?: ByteRange | undefined;
  /** Where to continue when the stored bytes turn out to be damaged while they are read. */
  source?: Source | undefined;
  /** Registry and repository, for the report on damage. */
  repository?: string | undefined;
}

export interface FillOptions {
  range?: ByteRange | undefined;
  /** Overrides what the source says. */
  mediaType?: string | undefined;
  /** `docker/library/alpine`: recorded as holding the digest once its bytes have been verified. */
  repository?: string | undefined;
  /** Whether small content may stay in memory afterwards; true unless said otherwise. */
  keepInMemory?: boolean | undefined;
  /**
   * Resolves when the asker may have the bytes from somebody other than upstream, and throws what
   * upstream says where not. Without it they come from upstream alone.
   */
  prove?: (() => Promise<void>) | undefined;
  /** Whether it may end with its readers; a fill that anybody wanted without this outlives them. */
  brief?: boolean | undefined;
  /** What people call it, for the list of running fills: `library/alpine:3.20, layer 2`. */
  label?: string | undefined;
}

/** A fill that is under way. */
export interface RunningFill {
  digest: string;
  /** As the manifest that names it says; empty where none is here. */
  mediaType: string;
  /** The first repository it was asked for; empty where none was named. */
  repository: string;
  label: string;
  startedAt: number;
  received: number;
  total: number | undefined;
  followers: number;
  /** How often it was resumed after the source broke off. */
  resumed: number;
}

export interface VerifyProgress {
  /** Blobs and bytes compared so far, and to be compared altogether. */
  blobs: number;
  bytes: number;
  totalBlobs: number;
  totalBytes: number;
  /** Digests of what was missing or wrong. */
  damaged: string[];
}
