import { TASK_RECORDS } from "../../shared/records/task-record.ts";
import { RecordStoreError, beginStoreStep, inStore } from "./idempotency/record-store.ts";
import type { Worker } from "./worker.ts";

/** Whether the worker takes deliveries: it isn't shutting down, and the record store answers. */
export async function isReady(worker: Worker): Promise<boolean> {
  if (worker.shutdown.begun) return false;
  try {
    await inStore(beginStoreStep(worker), (db) => db.collection(TASK_RECORDS).doc("readiness").get());
    return true;
  } catch (error) {
    if (error instanceof RecordStoreError) return false;
    throw error;
  }
}
