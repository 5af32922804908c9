import { loadProtos } from "../../../packages/emulators/src/rpc/proto.ts";
import type { RelayedCall } from "../network/fault-proxy.ts";

/** The cost of some calls to Firestore: calls by RPC, and documents. */
export interface Cost {
  readonly calls: Readonly<Record<string, number>>;
  /** Documents requested, whether they exist or not. */
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

/** Counts what goes over the wire. Pass every call to `onRelayed`; `costSince` returns the cost since its last call. */
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
    costSince(): Cost {
      const cost = { calls: Object.fromEntries([...calls].toSorted(([a], [b]) => a.localeCompare(b))), reads, writes };
      calls = new Map();
      reads = 0;
      writes = 0;
      return cost;
    },
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
