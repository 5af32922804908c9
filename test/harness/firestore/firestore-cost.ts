import { loadProtos } from "../../../packages/emulators/src/rpc/proto.ts";
import type { RelayedCall } from "../network/fault-proxy.ts";

/** The cost of some calls to Firestore: calls by RPC, and documents. */
export interface Cost {
  readonly calls: Readonly<Record<string, number>>;
  /** Documents requested, or reported to a listener, whether they exist or not. */
  readonly reads: number;
  /** Documents written by commits that took effect. */
  readonly writes: number;
}

const GRPC_PREFIX_BYTES = 5;

const protos = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, [
  "google.firestore.v1",
  "google.protobuf",
  "google.rpc",
  "google.type",
]);

/** Counts calls on the wire. Pass it to the proxy; `costSince` returns the cost since its last call. */
export function countFirestoreCost() {
  let calls = new Map<string, number>();
  let reads = 0;
  let writes = 0;
  return {
    onRelayed({ rpc, request, status }: RelayedCall): void {
      calls.set(rpc, (calls.get(rpc) ?? 0) + 1);
      if (rpc === "BatchGetDocuments") reads += listLength("BatchGetDocumentsRequest", "documents", request);
      if (rpc === "Commit" && status === 0) writes += listLength("CommitRequest", "writes", request);
    },
    onResponse(rpc: string): (piece: Buffer) => void {
      if (rpc !== "Listen") return () => {};
      calls.set(rpc, (calls.get(rpc) ?? 0) + 1);
      return messagesIn((message) => {
        if (tellsOfDocument(message)) reads++;
      });
    },
    costSince(): Cost {
      const cost = { calls: Object.fromEntries([...calls].toSorted(([a], [b]) => a.localeCompare(b))), reads, writes };
      calls = new Map();
      reads = 0;
      writes = 0;
      return cost;
    },
  };
}

/**
 * Counts the cost of queries: the documents in their results, and the bytes of the responses without the database's own
 * times, whose length changes with the moment. Pass it to the proxy.
 */
export function countQueryCost() {
  let documents = 0;
  let bytes = 0;
  return {
    onResponse(rpc: string): (piece: Buffer) => void {
      if (rpc !== "RunQuery") return () => {};
      return messagesIn((message) => {
        if (tellsOf(["document"], "RunQueryResponse", message)) documents++;
        bytes += bytesWithoutTimes(message);
      });
    },
    costSince() {
      const cost = { documents, bytes };
      documents = 0;
      bytes = 0;
      return cost;
    },
  };
}

/** Whether a message tells a listener that a document exists or doesn't. */
function tellsOfDocument(message: Buffer): boolean {
  return tellsOf(["documentChange", "documentDelete", "documentRemove"], "ListenResponse", message);
}

/** A time's nanoseconds take from 0 to 6 bytes: a time in the first quarter of a second takes fewer than a later one. */
function bytesWithoutTimes(message: Buffer): number {
  const type = protos.lookupType("google.firestore.v1.RunQueryResponse");
  const { readTime: _read, document, ...rest } = type.toObject(type.decode(message));
  if (document === undefined) return type.encode(type.fromObject(rest)).finish().length;
  const { createTime: _created, updateTime: _updated, ...kept } = document;
  return type.encode(type.fromObject({ ...rest, document: kept })).finish().length;
}

function tellsOf(fields: readonly string[], type: string, message: Buffer): boolean {
  const told = protos.lookupType(`google.firestore.v1.${type}`).decode(message);
  return fields.some((field) => Object.hasOwn(told, field));
}

/** Joins the pieces of a response, and passes on each complete message. */
function messagesIn(onMessage: (message: Buffer) => void): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= GRPC_PREFIX_BYTES) {
      const end = GRPC_PREFIX_BYTES + rest.readUInt32BE(1);
      if (rest.length < end) return;
      onMessage(rest.subarray(GRPC_PREFIX_BYTES, end));
      rest = rest.subarray(end);
    }
  };
}

/** The number of elements in a list of a unary call's only message. */
function listLength(message: string, field: string, frames: Buffer): number {
  const bytes = frames.readUInt32BE(1);
  if (frames.length !== GRPC_PREFIX_BYTES + bytes) throw new Error(`${message} is not one whole frame.`);
  const decoded: unknown = protos
    .lookupType(`google.firestore.v1.${message}`)
    .decode(frames.subarray(GRPC_PREFIX_BYTES))
    .toJSON();
  const list = decoded && typeof decoded === "object" ? new Map(Object.entries(decoded)).get(field) : undefined;
  return Array.isArray(list) ? list.length : 0;
}
