import type { Transaction } from "@google-cloud/firestore";
import type { z } from "zod";
import type { Clock } from "../../shared/clock.ts";
import type { Logger } from "../../shared/log.ts";
import type { RequestProblem } from "../../shared/problem.ts";
import type { TaskError } from "../../shared/records/task-record.ts";
import type { TaskType } from "../../shared/task-type.ts";

type Json = z.core.util.JSONType;

/** How a handler says that its attempt ended. Throwing is for bugs and broken dependencies. */
export type HandlerResult =
  | { readonly kind: "succeeded"; readonly result: Json }
  /** This task should be tried again later; its neighbours are fine. */
  | { readonly kind: "retry"; readonly error: TaskError; readonly retryAfterMs?: number }
  /** Something that all tasks of the queue need is overloaded: the whole queue should slow down. No attempt is counted. */
  | { readonly kind: "saturated"; readonly error: TaskError; readonly retryAfterMs?: number }
  /** Trying again can't help: the task becomes a dead letter. */
  | { readonly kind: "permanent"; readonly error: TaskError };

/** The task is done. The result, a small JSON value, stands in the task's status. */
export function succeeded(result: Json = null): HandlerResult {
  return { kind: "succeeded", result };
}

/** Try this task again, after `retryAfterMs` milliseconds where given, else after the queue's backoff. */
export function retryLater({ retryAfterMs, ...error }: TaskError & { retryAfterMs?: number }): HandlerResult {
  return retryAfterMs === undefined ? { kind: "retry", error } : { kind: "retry", error, retryAfterMs };
}

/** A dependency of all the queue's tasks is overloaded: slow the queue down and try again. */
export function saturated({ retryAfterMs, ...error }: TaskError & { retryAfterMs?: number }): HandlerResult {
  return retryAfterMs === undefined ? { kind: "saturated", error } : { kind: "saturated", error, retryAfterMs };
}

/** Never try this task again: keep it as a dead letter. */
export function failedForGood(error: TaskError): HandlerResult {
  return { kind: "permanent", error };
}

/** What a handler knows of its attempt. */
export interface HandlerContext {
  /** Fires when the task's timeout is used up, and on shutdown. Work must stop then. */
  readonly signal: AbortSignal;
  /** The same for every attempt of the task: pass it to remote sides that can deduplicate. It is the task's id. */
  readonly idempotencyKey: string;
  /** 1 for the first attempt. A `natural` task's attempts are not counted, so it always sees 1. */
  readonly attempt: number;
  /** When the task was accepted, as RFC 3339. */
  readonly enqueuedAt: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A `transaction` task's handler reads and writes through the transaction; its callback may run more than once. */
export interface TransactionContext extends HandlerContext {
  readonly transaction: Transaction;
}

/** What is handed to a prepared run: the transaction is there for task types that need one. */
export type RunContext = HandlerContext & { readonly transaction?: Transaction };

/** A payload that was parsed, waiting for its context. */
export type PreparedRun = (context: RunContext) => Promise<HandlerResult>;

export interface BoundHandler {
  readonly taskType: TaskType;
  /** Parses the payload, once; what is wrong with it is listed. */
  prepare(payload: unknown): { ok: true; run: PreparedRun } | { ok: false; problems: RequestProblem[] };
}

/** Joins a task type and the function that does its work. */
export function bindHandler<Schema extends z.ZodType>(
  taskType: TaskType<string, Schema>,
  handle: (payload: z.output<Schema>, context: HandlerContext) => Promise<HandlerResult>,
): BoundHandler {
  return {
    taskType,
    prepare(payload) {
      const parsed = taskType.payload.safeParse(payload);
      if (parsed.success) return { ok: true, run: (context) => handle(parsed.data, context) };
      const problems = parsed.error.issues.map(({ path, message }) => ({
        path: ["payload", ...path].join("."),
        message,
      }));
      return { ok: false, problems };
    },
  };
}

/** Joins a `transaction` task type and the function that does its work inside the transaction. */
export function bindTransactionHandler<Schema extends z.ZodType>(
  taskType: TaskType<string, Schema>,
  handle: (payload: z.output<Schema>, context: TransactionContext) => Promise<HandlerResult>,
): BoundHandler {
  if (taskType.idempotency !== "transaction") throw new TypeError(`${taskType.type} does not run in a transaction.`);
  return bindHandler(taskType, (payload, context: RunContext) => {
    if (!context.transaction) throw new TypeError(`${taskType.type} was run without its transaction.`);
    return handle(payload, { ...context, transaction: context.transaction });
  });
}
