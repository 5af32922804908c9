import { RecordStoreError } from "../../shared/records/record-store-error.ts";
import type { Worker } from "./worker.ts";

/** Whether the worker accepts deliveries: it isn't shutting down, and the record store responds. */
export async function isReady({ store, shutdown }: Pick<Worker, "store" | "shutdown">): Promise<boolean> {
  if (shutdown.begun) return false;
  try {
    await store.within(store.stepUntilMs(), () => store.probe());
    return true;
  } catch (error) {
    if (error instanceof RecordStoreError) return false;
    throw error;
  }
}
