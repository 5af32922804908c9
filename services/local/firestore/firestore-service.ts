import type { RpcHandler } from "../rpc/bind-service.ts";
import { listCalls } from "./calls/list-calls.ts";
import { queryCalls } from "./calls/query-calls.ts";
import { readCalls } from "./calls/read-calls.ts";
import { transactionCalls } from "./calls/transaction-calls.ts";
import { writeCalls } from "./calls/write-calls.ts";
import type { Databases } from "./databases.ts";

/** The calls of google.firestore.v1.Firestore that the emulator answers, by their names. */
export function firestoreCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    ...readCalls(databases),
    ...queryCalls(databases),
    ...writeCalls(databases),
    ...transactionCalls(databases),
    ...listCalls(databases),
  };
}
