import type { Firestore } from "@google-cloud/firestore";
import {
  type BoundHandler,
  bindHandler,
  bindTransactionHandler,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { claimTask, naturalTask, throughTasks, transactionTask } from "./task-types.ts";

/** What takes the place of services/worker/handlers/index.ts in the worker that is measured. */
export function createHandlers({ db }: { readonly db: Firestore }): Readonly<Record<string, BoundHandler>> {
  return {
    "bench.natural": bindHandler(naturalTask, async () => succeeded()),
    "bench.claim": bindHandler(claimTask, async () => succeeded()),
    "bench.transaction": bindTransactionHandler(transactionTask, async (_, { transaction, idempotencyKey }) => {
      transaction.set(db.collection("bench").doc(idempotencyKey), { isDone: true });
      return succeeded();
    }),
    ...Object.fromEntries(
      throughTasks.map((taskType) => [
        taskType.type,
        bindHandler(taskType, async ({ n }) => {
          // As the peers' handlers do, with the time of a clock that all processes share.
          process.stdout.write(`handled ${n} ${process.hrtime.bigint()}\n`);
          return succeeded();
        }),
      ]),
    ),
  };
}
