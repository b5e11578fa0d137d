/** What several Berths share, in one process: it can be away, emptied, or of another secret. */
import type { Document, SharedDocuments } from "../../base/shared_document.ts";

interface FakeDocuments extends SharedDocuments {
  state: "well" | "away" | "foreign";
  readonly kept: Map<string, Document>;
}

export function fakeDocuments(): FakeDocuments {
  const kept = new Map<string, Document>();
  const documents: FakeDocuments = {
    state: "well",
    kept,
    read: (name) => Promise.resolve(documents.state === "well" ? kept.get(name) : documents.state),
    write(name, document) {
      if (documents.state === "away") return Promise.resolve("away");
      const older = (kept.get(name)?.version ?? 0) >= document.version;
      if (!older) kept.set(name, document);
      return Promise.resolve(older ? "older" : "kept");
    },
  };
  return documents;
}
