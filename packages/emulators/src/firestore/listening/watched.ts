import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "../store/document.ts";
import type { Change, DocumentStore } from "../store/document-store.ts";
import { type CompiledQuery, compileQuery } from "../query/query.ts";
import { checkDocumentName, checkParent } from "../store/resource-name.ts";
import type { StructuredQuery } from "../query/structured-query.ts";

/** The part of google.firestore.v1.Target that says what to listen to, as it is decoded. */
export interface WireWatched {
  readonly documents?: { readonly documents?: readonly string[] } | null;
  readonly query?: { readonly parent: string; readonly structuredQuery?: StructuredQuery | null } | null;
}

/** What a target is about; a document that belongs to it and doesn't exist is null. */
export interface Watched {
  /** Whether a change can make a difference to it. */
  isTouchedBy(change: Change): boolean;
  /** All that belongs to it as of a time, by default now: in its order, by name. */
  all(documents: DocumentStore, at?: bigint): ReadonlyMap<string, StoredDocument | null>;
  /**
   * What belongs to it of one name that a change has touched, undefined for nothing. It is missing where other
   * documents decide on that, too.
   */
  readonly one?: (documents: DocumentStore, name: string) => StoredDocument | null | undefined;
  /** The document as it is shown. */
  project(document: StoredDocument): StoredDocument;
}

/**
 * Makes a target ready to be listened to.
 *
 * @throws RpcError as Firestore refuses it.
 */
export function compileWatched(wire: WireWatched, root: string): Watched {
  if (wire.query) {
    checkParent(wire.query.parent, root);
    return watchQuery(wire.query.parent, wire.query.structuredQuery ?? {});
  }
  if (!wire.documents) throw new RpcError(RpcCode.INVALID_ARGUMENT, "A target names documents or has a query.");
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
