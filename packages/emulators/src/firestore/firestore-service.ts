import type { RpcHandler } from "../rpc/bind-service.ts";
import type { StreamHandler } from "../rpc/duplex-call.ts";
import { listenCall } from "./calls/listen-call.ts";
import { listCalls } from "./calls/list-calls.ts";
import { queryCalls } from "./calls/query-calls.ts";
import { readCalls } from "./calls/read-calls.ts";
import { transactionCalls } from "./calls/transaction-calls.ts";
import { writeCalls } from "./calls/write-calls.ts";
import type { Databases } from "./databases.ts";

/** The calls of google.firestore.v1.Firestore, by name. */
export function firestoreCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    ...readCalls(databases),
    ...queryCalls(databases),
    ...writeCalls(databases),
    ...transactionCalls(databases),
    ...listCalls(databases),
  };
}

/** The calls with streamed requests. */
export function firestoreStreams(databases: Databases): Record<string, StreamHandler> {
  return { Listen: listenCall(databases) };
}
