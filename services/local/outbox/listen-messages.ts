import protobuf from "protobufjs/light.js";

const field = (id: number, type: string, rule?: "repeated") => ({ id, type, ...(rule ? { rule } : {}) });

/**
 * The fields that are used here of the messages of Listen
 * (https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#google.firestore.v1.Firestore.Listen).
 */
const messages = protobuf.Root.fromJSON({
  nested: {
    ListenRequest: { fields: { database: field(1, "string"), addTarget: field(2, "Target") } },
    Target: { fields: { query: field(2, "QueryTarget"), targetId: field(5, "int32") } },
    QueryTarget: { fields: { parent: field(1, "string"), structuredQuery: field(2, "StructuredQuery") } },
    StructuredQuery: { fields: { from: field(2, "CollectionSelector", "repeated") } },
    CollectionSelector: { fields: { collectionId: field(2, "string") } },
    ListenResponse: {
      fields: {
        targetChange: field(2, "TargetChange"),
        documentChange: field(3, "DocumentChange"),
        documentDelete: field(4, "DocumentDelete"),
        filter: field(5, "ExistenceFilter"),
        documentRemove: field(6, "DocumentDelete"),
      },
    },
    TargetChange: { fields: { targetChangeType: field(1, "int32"), cause: field(3, "Status") } },
    Status: { fields: { message: field(2, "string") } },
    DocumentChange: { fields: { document: field(1, "Document") } },
    Document: { fields: { name: field(1, "string") } },
    DocumentDelete: { fields: { document: field(1, "string") } },
    ExistenceFilter: { fields: { count: field(2, "int32") } },
  },
});
const request = messages.lookupType("ListenRequest");
const response = messages.lookupType("ListenResponse");

/** A request that adds a target. */
export interface AddTarget {
  readonly database: string;
  readonly addTarget: {
    readonly targetId: number;
    readonly query: {
      readonly parent: string;
      readonly structuredQuery: { readonly from: readonly { readonly collectionId: string }[] };
    };
  };
}

/** A response: one of these. Fields with default values are absent. */
export interface Change {
  readonly targetChange?: { readonly targetChangeType?: number; readonly cause?: { readonly message?: string } };
  readonly documentChange?: { readonly document: { readonly name: string } };
  readonly documentDelete?: { readonly document: string };
  readonly documentRemove?: { readonly document: string };
  readonly filter?: { readonly count?: number };
}

/** google.firestore.v1.TargetChange.TargetChangeType, as far as it matters here. */
export const TARGET = { removed: 2, reset: 4 } as const;

export function encodeRequest(added: AddTarget): Buffer {
  return Buffer.from(request.encode(request.fromObject(added)).finish());
}

export function decodeResponse(bytes: Buffer): Change {
  return response.toObject(response.decode(bytes));
}
