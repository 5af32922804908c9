import * as z from "zod";
import {
  type BoundHandler,
  type HandlerContext,
  type HandlerResult,
  type OrdinaryTaskType,
  type TransactionTaskType,
  bindHandler,
  bindTransactionHandler,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";

export const claimTaskType = defineTask({
  type: "test.claim",
  payload: z.strictObject({ n: z.int() }),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
});

export const naturalTaskType = defineTask({
  type: "test.natural",
  payload: z.strictObject({ n: z.int() }),
  queue: "bulk",
  idempotency: "natural",
  timeoutMs: 10_000,
  attempts: 3,
});

export const transactionTaskType = defineTask({
  type: "test.transaction",
  payload: z.strictObject({ n: z.int() }),
  queue: "default",
  idempotency: "transaction",
  timeoutMs: 10_000,
  attempts: 3,
});

type Step = (context: HandlerContext) => Promise<HandlerResult> | HandlerResult;

/** A handler that follows a test's script: its steps in order, then success. It records its deliveries. */
export interface ScriptedHandler extends BoundHandler {
  readonly runs: { payload: unknown; attempt: number; idempotencyKey: string }[];
  steps(...steps: Step[]): ScriptedHandler;
  /** Makes the next delivery wait: `started` resolves when it has begun, and `finish` ends it. */
  hold(): { readonly started: Promise<void>; finish(result: HandlerResult): void };
}

export function scriptedHandler(taskType: OrdinaryTaskType): ScriptedHandler {
  return follow((handle) => bindHandler(taskType, handle));
}

/** The same as a transaction handler, which doesn't use its transaction. */
export function scriptedTransactionHandler(taskType: TransactionTaskType = transactionTaskType): ScriptedHandler {
  return follow((handle) => bindTransactionHandler(taskType, handle));
}

function follow(
  bind: (handle: (payload: unknown, context: HandlerContext) => Promise<HandlerResult>) => BoundHandler,
): ScriptedHandler {
  const runs: ScriptedHandler["runs"] = [];
  const script: Step[] = [];
  const bound = bind(async (payload, context) => {
    runs.push({ payload, attempt: context.attempt, idempotencyKey: context.idempotencyKey });
    const step = script.shift();
    return step ? await step(context) : succeeded({ run: runs.length });
  });
  const handler: ScriptedHandler = {
    ...bound,
    runs,
    steps(...steps) {
      script.push(...steps);
      return handler;
    },
    hold() {
      const started = Promise.withResolvers<void>();
      const finished = Promise.withResolvers<HandlerResult>();
      script.push(() => {
        started.resolve();
        return finished.promise;
      });
      return { started: started.promise, finish: finished.resolve };
    },
  };
  return handler;
}
