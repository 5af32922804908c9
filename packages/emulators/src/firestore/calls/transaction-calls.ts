import type { RpcHandler } from "../../rpc/bind-service.ts";
import type { Databases } from "../databases.ts";
import { type WireTransactionOptions, beginTransaction } from "./consistency.ts";

interface BeginTransactionRequest {
  readonly database: string;
  readonly options?: WireTransactionOptions | null;
}

interface RollbackRequest {
  readonly database: string;
  readonly transaction: Uint8Array;
}

/** The calls that begin and roll back transactions. Reads can begin them too, and a commit ends them. */
export function transactionCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    BeginTransaction({ database, options }: BeginTransactionRequest) {
      return { transaction: beginTransaction(databases.named(database), options).id };
    },

    Rollback({ database, transaction }: RollbackRequest) {
      databases.named(database).rollback(transaction);
      return {};
    },
  };
}
