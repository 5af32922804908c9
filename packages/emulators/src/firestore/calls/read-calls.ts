import type { RpcHandler } from "../../rpc/bind-service.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Databases } from "../databases.ts";
import { documentMessage, parseMask } from "../store/document-message.ts";
import { checkDocumentName } from "../store/resource-name.ts";
import { timestampOf } from "../values/value.ts";
import { type ConsistencySelector, openView } from "./consistency.ts";

interface WireMask {
  readonly fieldPaths?: readonly string[];
}

interface BatchGetDocumentsRequest extends ConsistencySelector {
  readonly database: string;
  readonly documents?: readonly string[];
  readonly mask?: WireMask | null;
}

interface GetDocumentRequest extends ConsistencySelector {
  readonly name: string;
  readonly mask?: WireMask | null;
}

/** The calls that read documents by name. */
export function readCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    async BatchGetDocuments(request: BatchGetDocumentsRequest, send) {
      const database = databases.named(request.database);
      // Duplicates are dropped: https://firebase.google.com/docs/firestore/reference/rpc/google.firestore.v1#batchgetdocumentsrequest
      const names = [...new Set(request.documents)];
      for (const name of names) checkDocumentName(name, database.root);
      const mask = parseMask(request.mask);

      const { view, begun } = openView(database, request);
      const read = await database.readDocuments(names, view);
      const readTime = timestampOf(read.readTime);
      if (begun) send({ transaction: begun.id });
      for (const [index, document] of read.value.entries()) {
        send(document ? { found: documentMessage(document, mask), readTime } : { missing: names[index], readTime });
      }
    },

    async GetDocument({ name, mask, ...request }: GetDocumentRequest) {
      const database = databases.of(name);
      checkDocumentName(name, database.root);
      const fieldMask = parseMask(mask);
      const { view } = openView(database, request);
      const [document] = (await database.readDocuments([name], view)).value;
      if (!document) throw new RpcError(RpcCode.NOT_FOUND, `Document "${name}" not found.`);
      return documentMessage(document, fieldMask);
    },
  };
}
