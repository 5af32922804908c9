import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "../store/document.ts";
import type { Change, DocumentStore } from "../store/document-store.ts";
import { type CompiledQuery, compileQuery } from "../query/query.ts";
import { checkDocumentName, checkParent } from "../store/resource-name.ts";
import { watchPage } from "./watched-page.ts";
import type { StructuredQuery } from "../query/structured-query.ts";

/** The part of a decoded google.firestore.v1.Target that says what to listen to. */
export interface WireWatched {
  readonly documents?: { readonly documents?: readonly string[] } | null;
  readonly query?: { readonly parent: string; readonly structuredQuery?: StructuredQuery | null } | null;
}

/** What a target listens to. Null for a document in it that doesn't exist. */
export interface Watched {
  /** Notes a change that was just made, and returns whether it can affect what is in the target. */
  note(change: Change): boolean;
  /** Notes that everything was removed. */
  noteClear?(): void;
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
    const { parent, structuredQuery } = wire.query;
    checkParent(parent, root);
    if (!structuredQuery) throw invalid("only structured queries are supported");
    checkRealTime(structuredQuery, { isAtRoot: parent === root });
    return watchQuery(parent, structuredQuery);
  }
  if (!wire.documents) throw invalid("A target must have documents or a query.");
  const names = wire.documents.documents ?? [];
  for (const name of names) checkDocumentName(name, root);
  return watchDocuments(new Set(names));
}

/**
 * Checks what a query may not ask for when it is listened to. Groups are refused in the service's words; vectors are
 * documented at https://firebase.google.com/docs/firestore/vector-search#limitations.
 */
function checkRealTime({ from, findNearest }: StructuredQuery, { isAtRoot }: { isAtRoot: boolean }): void {
  const { collectionId, allDescendants = false } = from?.[0] ?? {};
  if (!collectionId) throw invalid("All-collection queries are not supported by real-time queries.");
  if (allDescendants && !isAtRoot) {
    throw invalid(
      "'all_descendants' in CollectionSelector with document parent is not supported by real-time queries.",
    );
  }
  if (findNearest) throw invalid("Vector search is not supported by real-time queries.");
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);

function watchDocuments(names: ReadonlySet<string>): Watched {
  return {
    note: ({ name }) => names.has(name),
    all: (documents, at) => new Map([...names].map((name) => [name, documents.get(name, at)])),
    one: (documents, name) => documents.get(name),
    project: (document) => document,
  };
}

function watchQuery(parent: string, structuredQuery: StructuredQuery): Watched {
  const query = compileQuery(parent, structuredQuery);
  if (structuredQuery.limit || structuredQuery.offset) return watchPage(query, structuredQuery);
  return {
    note: ({ name, before, after }) => query.inScope(name) && (selects(query, before) || selects(query, after)),
    all: (documents, at) =>
      new Map(query.run(documents.inScopeOf(query, at)).documents.map((document) => [document.name, document])),
    one: (documents, name) => {
      const document = documents.get(name);
      return document && query.matches(document) ? document : undefined;
    },
    project: (document) => query.project(document),
  };
}

const selects = (query: CompiledQuery, document: StoredDocument | null): boolean =>
  document !== null && query.matches(document);
