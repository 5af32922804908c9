import type { RpcHandler } from "../../rpc/bind-service.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Database } from "../database.ts";
import type { Databases } from "../databases.ts";
import { documentMessage, parseMask } from "../store/document-message.ts";
import type { DocumentStore } from "../store/document-store.ts";
import { compareNames } from "../values/ordering.ts";
import { compileQuery } from "../query/query.ts";
import { checkCollectionId, checkParent, lastIdOf } from "../store/resource-name.ts";
import { type ConsistencySelector, openView } from "./consistency.ts";
import { parseListOrder } from "./list-order.ts";
import { type PageRequest, pageOf } from "./list-page.ts";

interface ListDocumentsRequest extends ConsistencySelector, PageRequest {
  readonly collectionId: string;
  readonly orderBy: string;
  readonly mask?: { readonly fieldPaths?: readonly string[] } | null;
  readonly showMissing: boolean;
}

interface ListCollectionIdsRequest extends ConsistencySelector, PageRequest {}

/** The calls that list documents and collections. */
export function listCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    ListDocuments(request: ListDocumentsRequest) {
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      return request.showMissing ? listWithMissing(database, request) : listExisting(database, request);
    },

    ListCollectionIds(request: ListCollectionIdsRequest) {
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      const { view } = openView(database, request);
      return database.readUnlocked(view, (at) => {
        const collections = collectionsUnder(database.documents, request.parent, at).toSorted(compareNames);
        const page = pageOf(collections, request, compareNames);
        return { collectionIds: page.items.map(lastIdOf), nextPageToken: page.nextPageToken };
      }).value;
    },
  };
}

/** The documents of one collection, or of all directly below the parent if none is named, as a paged query. */
async function listExisting(database: Database, request: ListDocumentsRequest): Promise<object> {
  const { parent, collectionId } = request;
  const orderBy = parseListOrder(request.orderBy);
  const mask = parseMask(request.mask);
  const query = compileQuery(parent, { from: [{ collectionId }], orderBy });
  const { view } = openView(database, request);
  const { documents: found } = (await database.readQuery(query, view)).value;

  const documents = new Map(found.map((document) => [document.name, document]));
  const page = pageOf([...documents.keys()], request, orderBy.length === 0 ? compareNames : null);
  return {
    documents: page.items.flatMap((name) => documents.get(name) ?? []).map((each) => documentMessage(each, mask)),
    nextPageToken: page.nextPageToken,
  };
}

/** The documents of a collection, and the names of missing documents that have something below them. */
function listWithMissing(database: Database, request: ListDocumentsRequest): object {
  const { parent, collectionId } = request;
  if (request.orderBy !== "") throw invalid("cannot specify an order when show_missing is true");
  if (collectionId === "") throw invalid("collection id must be set when show_missing is true");
  checkCollectionId(collectionId);
  const mask = parseMask(request.mask);
  const { view } = openView(database, request);
  if (view.kind === "transaction" && view.transaction.mode.kind === "read-write") {
    throw new RpcError(
      RpcCode.UNIMPLEMENTED,
      "Listing missing documents in a transaction that locks is not supported.",
    );
  }
  const { documents } = database;
  return database.readUnlocked(view, (at) => {
    const names = [...documents.namesIn(`${parent}/${collectionId}`, at)];
    const shown = names.filter((name) => documents.hasAnythingAt(name, at)).toSorted(compareNames);
    const page = pageOf(shown, request, compareNames);
    return {
      documents: page.items.map((name) => {
        const document = documents.get(name, at);
        return document ? documentMessage(document, mask) : { name };
      }),
      nextPageToken: page.nextPageToken,
    };
  }).value;
}

function collectionsUnder(documents: DocumentStore, parent: string, at: bigint | undefined): string[] {
  return [...documents.collectionsUnder(parent, at)].filter((collection) => documents.hasAnythingIn(collection, at));
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
