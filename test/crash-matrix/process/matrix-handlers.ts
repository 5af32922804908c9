import type { Firestore } from "@google-cloud/firestore";
import * as z from "zod";
import {
  type BoundHandler,
  type HandlerResult,
  bindHandler,
  bindTransactionHandler,
  failPermanently,
  retryLater,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";

/** Where the handlers of `transaction` tasks have their effects: one document per run, under the task's number. */
export const EFFECTS = "effects";

const payload = z.strictObject({ n: z.int() });
const ATTEMPTS = 6;
const common = { payload, queue: "default", timeoutMs: 10_000, attempts: ATTEMPTS } as const;

/** The task types of the matrix: one of each kind, and one that allows a single attempt. */
export const MATRIX_TASKS = {
  claim: defineTask({ ...common, type: "matrix.claim" }),
  once: defineTask({ ...common, type: "matrix.once", attempts: 1 }),
  transaction: defineTask({ ...common, type: "matrix.transaction", idempotency: "transaction" }),
  natural: defineTask({ ...common, type: "matrix.natural", idempotency: "natural" }),
} as const;

/** How a handler ends: with its work done, or before it has done any. */
export type HandlerEnd = "succeeds" | "retries" | "dies";

const RESULTS: Readonly<Record<HandlerEnd, HandlerResult>> = {
  succeeds: succeeded("done"),
  retries: retryLater({ code: "not_yet", message: "Not yet." }),
  dies: failPermanently({ code: "gone", message: "The receiver is gone." }),
};

/** What one process's handlers do from now on. */
export interface HandlerPlan {
  readonly end: HandlerEnd;
  /** Awaited when a handler starts. */
  readonly onArrival?: () => Promise<void>;
  /** Awaited once a handler has had its effect. */
  readonly onEffect?: () => Promise<void>;
}

/** What handlers did, seen from outside. */
export interface Outside {
  /** A task's number and its idempotency key, once for each effect outside of Firestore. */
  readonly effects: { n: number; idempotencyKey: string }[];
  /** Numbers of the tasks that ran, once per run. */
  readonly runs: number[];
}

/** One process's handlers, and their plan. */
export interface MatrixHandlers {
  plan: HandlerPlan;
  readonly bound: readonly BoundHandler[];
  /** Never resolves; rejects when the process is discarded, so that handlers that never end leave nothing behind. */
  readonly never: Promise<never>;
  /** Whether the process was discarded. */
  killed: boolean;
  kill(): void;
}

/** One process's handlers: each does what the process's plan says when it starts. */
export function matrixHandlers(db: Firestore, outside: Outside): MatrixHandlers {
  const actOutside = async ({ n }: { n: number }, context: { idempotencyKey: string }): Promise<HandlerResult> => {
    const { plan } = handlers;
    outside.runs.push(n);
    await plan.onArrival?.();
    if (plan.end === "succeeds") outside.effects.push({ n, idempotencyKey: context.idempotencyKey });
    await plan.onEffect?.();
    return RESULTS[plan.end];
  };
  const { promise: never, reject } = Promise.withResolvers<never>();
  never.catch(() => {});
  const handlers: MatrixHandlers = {
    plan: { end: "succeeds" },
    never,
    killed: false,
    kill() {
      handlers.killed = true;
      reject(new Error("The process is gone."));
    },
    bound: [
      bindHandler(MATRIX_TASKS.claim, actOutside),
      bindHandler(MATRIX_TASKS.once, actOutside),
      bindHandler(MATRIX_TASKS.natural, actOutside),
      bindTransactionHandler(MATRIX_TASKS.transaction, async ({ n }, { transaction, idempotencyKey }) => {
        const { plan } = handlers;
        outside.runs.push(n);
        await plan.onArrival?.();
        await transaction.get(db.collection("accounts").doc(idempotencyKey));
        transaction.create(db.collection(EFFECTS).doc(), { n, idempotencyKey });
        await plan.onEffect?.();
        return RESULTS[plan.end];
      }),
    ],
  };
  return handlers;
}
