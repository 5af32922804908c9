import type { RpcHandler } from "../../rpc/bind-service.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Database } from "../database.ts";
import type { Databases } from "../databases.ts";
import { documentMessage, parseMask } from "../document-message.ts";
import type { DocumentStore } from "../document-store.ts";
import { compareNames, compareStrings } from "../ordering.ts";
import { checkCollectionId, checkParent, lastIdOf } from "../resource-name.ts";
import { type ConsistencySelector, openView } from "./consistency.ts";

interface ListDocumentsRequest extends ConsistencySelector {
  readonly parent: string;
  readonly collectionId: string;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly orderBy: string;
  readonly mask?: { readonly fieldPaths?: readonly string[] } | null;
  readonly showMissing: boolean;
}

interface ListCollectionIdsRequest extends ConsistencySelector {
  readonly parent: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

const DEFAULT_PAGE_SIZE = 300;

/** The calls that list documents and collections; their pages follow the order of names. */
export function listCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    ListDocuments(request: ListDocumentsRequest) {
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      if (request.orderBy !== "" && request.orderBy !== "__name__") {
        throw new RpcError(RpcCode.UNIMPLEMENTED, "Listing documents by anything but their names is not supported.");
      }
      const mask = parseMask(request.mask);
      const { view } = openView(database, request);
      if (view.kind === "transaction" && view.transaction.mode.kind === "read-write") {
        throw new RpcError(RpcCode.UNIMPLEMENTED, "Listing documents in a read-write transaction is not supported.");
      }
      return database.readUnlocked(view, (at) => {
        const names = listNames(database, request, at).toSorted(compareNames);
        const page = pageOf(names, request, compareNames);
        return {
          documents: page.items.map((name) => {
            const document = database.documents.get(name, at);
            return document ? documentMessage(document, mask) : { name };
          }),
          nextPageToken: page.nextPageToken,
        };
      }).value;
    },

    ListCollectionIds(request: ListCollectionIdsRequest) {
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      const { view } = openView(database, request);
      return database.readUnlocked(view, (at) => {
        const ids = collectionIds(database.documents, request.parent, at).toSorted(compareStrings);
        const page = pageOf(ids, request, compareStrings);
        return { collectionIds: page.items, nextPageToken: page.nextPageToken };
      }).value;
    },
  };
}

/** The documents to list: those of one collection, or of all below the parent when none is named. */
function listNames(
  { documents }: Database,
  { parent, collectionId, showMissing }: ListDocumentsRequest,
  at: bigint | undefined,
): string[] {
  if (collectionId !== "") checkCollectionId(collectionId);
  const collections =
    collectionId === "" ? [...documents.paths.collectionsUnder(parent)] : [`${parent}/${collectionId}`];
  return collections.flatMap((collection) =>
    [...documents.paths.documentsIn(collection)].filter((name) =>
      showMissing ? documents.hasAnythingAt(name, at) : documents.get(name, at) !== null,
    ),
  );
}

function collectionIds(documents: DocumentStore, parent: string, at: bigint | undefined): string[] {
  return [...documents.paths.collectionsUnder(parent)]
    .filter((collection) => documents.hasAnythingIn(collection, at))
    .map(lastIdOf);
}

/** The page after the one that the token ended; a token is the last name that was listed. */
function pageOf(
  ordered: readonly string[],
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
  compare: (a: string, b: string) => number,
): { items: string[]; nextPageToken: string } {
  const after = Buffer.from(pageToken, "base64url").toString();
  const from = after === "" ? 0 : ordered.findIndex((name) => compare(name, after) > 0);
  const size = pageSize > 0 ? pageSize : DEFAULT_PAGE_SIZE;
  const items = from === -1 ? [] : ordered.slice(from, from + size);
  const last = items.at(-1);
  const isLastPage = last === undefined || last === ordered.at(-1);
  return { items, nextPageToken: isLastPage ? "" : Buffer.from(last).toString("base64url") };
}
