import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "../store/document.ts";
import type { Change, DocumentStore } from "../store/document-store.ts";
import { type CompiledQuery, compileQuery } from "../query/query.ts";
import { checkDocumentName, checkParent } from "../store/resource-name.ts";
import type { StructuredQuery } from "../query/structured-query.ts";

/** The part of a decoded google.firestore.v1.Target that says what to listen to. */
export interface WireWatched {
  readonly documents?: { readonly documents?: readonly string[] } | null;
  readonly query?: { readonly parent: string; readonly structuredQuery?: StructuredQuery | null } | null;
}

/** What a target listens to. Null for a document in it that doesn't exist. */
export interface Watched {
  /** Whether a change can affect it. */
  isTouchedBy(change: Change): boolean;
  /** Everything in it as of a time, by default now: in its order, by name. */
  all(documents: DocumentStore, at?: bigint): ReadonlyMap<string, StoredDocument | null>;
  /**
   * The document with one name if it is in the target, else undefined. The function is missing where that depends on
   * other documents, too.
   */
  readonly one?: (documents: DocumentStore, name: string) => StoredDocument | null | undefined;
  /** The document as the target shows it. */
  project(document: StoredDocument): StoredDocument;
}

/**
 * Compiles a target.
 *
 * @throws RpcError when Firestore would refuse it.
 */
export function compileWatched(wire: WireWatched, root: string): Watched {
  if (wire.query) {
    checkParent(wire.query.parent, root);
    return watchQuery(wire.query.parent, wire.query.structuredQuery ?? {});
  }
  if (!wire.documents) throw new RpcError(RpcCode.INVALID_ARGUMENT, "A target must have documents or a query.");
  const names = wire.documents.documents ?? [];
  for (const name of names) checkDocumentName(name, root);
  return watchDocuments(new Set(names));
}

function watchDocuments(names: ReadonlySet<string>): Watched {
  return {
    isTouchedBy: ({ name }) => names.has(name),
    all: (documents, at) => new Map([...names].map((name) => [name, documents.get(name, at)])),
    one: (documents, name) => documents.get(name),
    project: (document) => document,
  };
}

function watchQuery(parent: string, structuredQuery: StructuredQuery): Watched {
  const query = compileQuery(parent, structuredQuery);
  const watched: Watched = {
    isTouchedBy: ({ name, before, after }) => query.inScope(name) && (selects(query, before) || selects(query, after)),
    all: (documents, at) =>
      new Map(query.run(documents.inScopeOf(query, at)).map((document) => [document.name, document])),
    project: (document) => query.project(document),
  };
  if (structuredQuery.limit || structuredQuery.offset) return watched;
  return {
    ...watched,
    one: (documents, name) => {
      const document = documents.get(name);
      return document && query.matches(document) ? document : undefined;
    },
  };
}

const selects = (query: CompiledQuery, document: StoredDocument | null): boolean =>
  document !== null && query.matches(document);
