import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Database, View } from "../database.ts";
import type { Transaction } from "../transactions/transaction.ts";
import { type WireTimestamp, microsOf } from "../values/value.ts";

/** google.firestore.v1.TransactionOptions as it is decoded: at most one member is an own one. */
export interface WireTransactionOptions {
  readonly readOnly?: { readonly readTime?: WireTimestamp | null } | null;
  readonly readWrite?: { readonly retryTransaction?: Uint8Array } | null;
}

/** What requests that read carry to say which state they want: at most one member is an own one. */
export interface ConsistencySelector {
  readonly transaction?: Uint8Array;
  readonly newTransaction?: WireTransactionOptions | null;
  readonly readTime?: WireTimestamp | null;
}

/**
 * The state that a request wants to read, and the transaction that it began, if any.
 *
 * @throws RpcError when the transaction has ended, or the time can't be read from.
 */
export function openView(database: Database, request: ConsistencySelector): { view: View; begun: Transaction | null } {
  if (Object.hasOwn(request, "transaction") && request.transaction) {
    const transaction = database.useTransaction(request.transaction);
    return { view: { kind: "transaction", transaction }, begun: null };
  }
  if (request.newTransaction) {
    // Other than BeginTransaction, reads begin transactions that only read unless they are told otherwise.
    const { readWrite, readOnly } = request.newTransaction;
    const transaction = beginTransaction(database, readWrite ? { readWrite } : { readOnly: readOnly ?? {} });
    return { view: { kind: "transaction", transaction }, begun: transaction };
  }
  if (request.readTime) {
    return { view: { kind: "past", at: database.checkReadTime(readTimeOf(request.readTime)) }, begun: null };
  }
  return { view: { kind: "latest" }, begun: null };
}

/** Begins a transaction; it is for reading and writing unless the options say otherwise. */
export function beginTransaction(database: Database, options: WireTransactionOptions | null | undefined): Transaction {
  if (options?.readOnly) {
    const { readTime } = options.readOnly;
    return database.beginReadOnly(readTime ? readTimeOf(readTime) : undefined);
  }
  const retries = options?.readWrite?.retryTransaction;
  return database.beginReadWrite(retries && retries.length > 0 ? retries : undefined);
}

/** A time to read from must not be finer than microseconds, while other times are cut. */
function readTimeOf(time: WireTimestamp): bigint {
  if ((time.nanos ?? 0) % NANOS_PER_MICRO === 0) return microsOf(time);
  throw new RpcError(RpcCode.INVALID_ARGUMENT, "timestamp cannot have more than microseconds precision");
}

const NANOS_PER_MICRO = 1000;
