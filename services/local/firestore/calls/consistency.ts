import type { Database, View } from "../database.ts";
import type { Transaction } from "../transaction.ts";
import { type WireTimestamp, microsOf } from "../value.ts";

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
  if (request.transaction && request.transaction.length > 0) {
    const transaction = database.useTransaction(request.transaction);
    return { view: { kind: "transaction", transaction }, begun: null };
  }
  if (request.newTransaction) {
    const transaction = beginTransaction(database, request.newTransaction);
    return { view: { kind: "transaction", transaction }, begun: transaction };
  }
  if (request.readTime) {
    return { view: { kind: "past", at: database.checkReadTime(microsOf(request.readTime)) }, begun: null };
  }
  return { view: { kind: "latest" }, begun: null };
}

/** Begins a transaction; it is for reading and writing unless the options say otherwise. */
export function beginTransaction(database: Database, options: WireTransactionOptions | null | undefined): Transaction {
  if (options?.readOnly) {
    const { readTime } = options.readOnly;
    return database.beginReadOnly(readTime ? microsOf(readTime) : undefined);
  }
  const retries = options?.readWrite?.retryTransaction;
  return database.beginReadWrite(retries && retries.length > 0 ? retries : undefined);
}
