import type { CompiledQuery } from "../query/query.ts";
import type { StructuredQuery } from "../query/structured-query.ts";
import type { StoredDocument } from "../store/document.ts";
import type { Change, DocumentStore } from "../store/document-store.ts";
import { OrderedDocuments } from "./ordered-documents.ts";

/**
 * Watches a query with a limit or an offset: a page of what matches. A document that leaves the page lets another one in, so
 * all that match are kept in order from the first look at the present on. Otherwise each change would cost a query.
 */
export function watchPage(query: CompiledQuery, { offset = 0, limit }: StructuredQuery) {
  const end = limit ? offset + (limit.value ?? 0) : Number.POSITIVE_INFINITY;
  let matching: OrderedDocuments | null = null;
  const matches = (document: StoredDocument | null): document is StoredDocument =>
    document !== null && query.matches(document);
  const orderedOf = (documents: Iterable<StoredDocument>): OrderedDocuments =>
    new OrderedDocuments([...documents].filter(matches), (a, b) => query.compare(a, b));
  return {
    note({ name, before, after }: Change): boolean {
      if (!query.inScope(name)) return false;
      let first = Number.POSITIVE_INFINITY;
      if (matches(before)) first = matching?.remove(before) ?? 0;
      if (matches(after)) first = Math.min(first, matching?.add(after) ?? 0);
      return first < end;
    },
    noteClear(): void {
      matching = null;
    },
    all(documents: DocumentStore, at?: bigint): ReadonlyMap<string, StoredDocument> {
      const all =
        at === undefined
          ? (matching ??= orderedOf(documents.inScopeOf(query)))
          : orderedOf(documents.inScopeOf(query, at));
      return new Map(all.slice(offset, end).map((document) => [document.name, document]));
    },
    project: (document: StoredDocument) => query.project(document),
  };
}
