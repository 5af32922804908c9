import { pooledRandomBytes } from "../../kernel/random-bytes.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";

/** How a transaction ended: by its commit or rollback, by losing its locks to an older one, or by taking too long. */
export type Ending = "finished" | "wounded" | "expired";

/** A transaction. A read-only one reads as of its snapshot, in microseconds. */
export interface Transaction {
  readonly id: Buffer;
  /** The position in the order of arrival. Of two in conflict, the one with the smaller age wins. */
  readonly age: number;
  readonly mode: { readonly kind: "read-write" } | { readonly kind: "read-only"; readonly snapshot: bigint };
  /** By monotonic time, like the next. */
  readonly startedAtMs: number;
  lastUsedAtMs: number;
  ending: Ending | null;
}

/** How long a transaction may be idle, and how long it may live: https://cloud.google.com/firestore/quotas#writes_and_transactions */
export const IDLE_LIMIT_MS = 60_000;
export const LIFE_LIMIT_MS = 270_000;

/** Ids start with these bytes, which tells a transaction of an earlier run from nonsense. */
const ID_MARK = Buffer.from([0x68, 0x6f, 0x66]);
const ID_BYTES = 16;

/** A new, random id. */
export function newTransactionId(): Buffer {
  return Buffer.concat([ID_MARK, pooledRandomBytes(ID_BYTES - ID_MARK.length)]);
}

/** Whether `newTransactionId` may have made an id, in this run or an earlier one. */
export function looksLikeTransactionId(id: Uint8Array): boolean {
  return id.length === ID_BYTES && ID_MARK.equals(id.subarray(0, ID_MARK.length));
}

/** The error for a transaction that has ended. All these texts make the client run its callback again. */
export function endingError(ending: Ending): RpcError {
  switch (ending) {
    case "wounded":
      return new RpcError(
        RpcCode.ABORTED,
        "Aborted due to cross-transaction contention. This occurs when multiple transactions attempt to access the " +
          "same data, requiring Firestore to abort at least one in order to enforce serializability.",
      );
    case "finished":
    case "expired":
      return new RpcError(RpcCode.INVALID_ARGUMENT, "The referenced transaction has expired or is no longer valid.");
  }
}

/** The error for a client whose reads others have changed, or that waited too long for a lock. */
export function contentionError(): RpcError {
  return new RpcError(RpcCode.ABORTED, "Too much contention on these documents. Please try again.");
}
