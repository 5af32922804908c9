import type { CompiledQuery } from "../query/query.ts";
import type { StoredDocument } from "../store/document.ts";
import type { DocumentStore } from "../store/document-store.ts";

/** What a read covers: documents by name, existing or not, or everything that a query could match. */
export type ReadSet =
  | { readonly kind: "documents"; readonly names: readonly string[] }
  | { readonly kind: "query"; readonly query: CompiledQuery };

/** Whether a read of the present covers other documents, or other versions, than one as of a time in microseconds. */
export function hasChangedSince(time: bigint, readSet: ReadSet, documents: DocumentStore): boolean {
  if (readSet.kind === "documents") {
    return readSet.names.some((name) => documents.get(name, time) !== documents.get(name));
  }
  const { query } = readSet;
  const matching = (at?: bigint): StoredDocument[] =>
    [...documents.inScopeOf(query, at)].filter((document) => query.matches(document));
  const before = matching(time);
  const after = new Set(matching());
  return before.length !== after.size || before.some((document) => !after.has(document));
}
