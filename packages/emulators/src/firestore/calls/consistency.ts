import type { Database, View } from "../database.ts";
import type { Transaction } from "../transactions/transaction.ts";
import { type WireTimestamp, exactMicrosOf } from "../values/value.ts";

/** Decoded google.firestore.v1.TransactionOptions. At most one member is an own one. */
export interface WireTransactionOptions {
  readonly readOnly?: { readonly readTime?: WireTimestamp | null } | null;
  readonly readWrite?: { readonly retryTransaction?: Uint8Array } | null;
}

/** The state that a request wants to read. At most one member is an own one. */
export interface ConsistencySelector {
  readonly transaction?: Uint8Array;
  readonly newTransaction?: WireTransactionOptions | null;
  readonly readTime?: WireTimestamp | null;
}

/**
 * The state that a request reads, and the transaction that it began, if any.
 *
 * @throws RpcError when the transaction has ended, or the time can't be read from.
 */
export function openView(database: Database, request: ConsistencySelector): { view: View; begun: Transaction | null } {
  if (Object.hasOwn(request, "transaction") && request.transaction) {
    const transaction = database.useTransaction(request.transaction);
    return { view: { kind: "transaction", transaction }, begun: null };
  }
  if (request.newTransaction) {
    // Unlike BeginTransaction, reads begin read-only transactions by default.
    const { readWrite, readOnly } = request.newTransaction;
    const transaction = beginTransaction(database, readWrite ? { readWrite } : { readOnly: readOnly ?? {} });
    return { view: { kind: "transaction", transaction }, begun: transaction };
  }
  if (request.readTime) {
    return { view: { kind: "past", at: database.checkReadTime(exactMicrosOf(request.readTime)) }, begun: null };
  }
  return { view: { kind: "latest" }, begun: null };
}

/** Begins a transaction, by default a read-write one. */
export function beginTransaction(database: Database, options: WireTransactionOptions | null | undefined): Transaction {
  if (options?.readOnly) {
    const { readTime } = options.readOnly;
    return database.beginReadOnly(readTime ? exactMicrosOf(readTime) : undefined);
  }
  const retries = options?.readWrite?.retryTransaction;
  return database.beginReadWrite(retries && retries.length > 0 ? retries : undefined);
}
