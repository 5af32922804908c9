import type { z } from "zod";
import type { QueueKey } from "./queues.ts";

/**
 * How a task type copes with being delivered more than once, in the order of preference:
 *
 * - `natural`: the handler may run any number of times with one result, since the message holds all the state it needs.
 * - `transaction`: all effects are Firestore writes, committed together with the task's record.
 * - `claim`: the worker claims the task's name first; no two attempts run at once, but a crash between an outside
 *   effect and the completion repeats the handler.
 */
export type Idempotency = "natural" | "transaction" | "claim";

/** One kind of background work, as the producer, the worker and the infrastructure all see it. */
export interface TaskType<Type extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** Stable for ever: queued tasks carry it. */
  readonly type: Type;
  readonly payload: Schema;
  readonly queue: QueueKey;
  readonly idempotency: Idempotency;
  /** The handler's budget in milliseconds; its AbortSignal fires when it is used up. */
  readonly timeoutMs: number;
  /** Attempts of the handler before the task becomes a dead letter. */
  readonly attempts: number;
}

const TYPE_PATTERN = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/;
const LONGEST_TYPE = 100;
const MOST_ATTEMPTS = 100;

/**
 * Defines a task type once, for every part of the system.
 *
 * @throws TypeError when the type's form, its timeout or its number of attempts is not allowed. Whether the timeout fits
 * the queue's time budget is checked for the whole catalogue by `checkTimeBudgets`.
 */
export function defineTask<const Type extends string, Schema extends z.ZodType>(
  definition: Omit<TaskType<Type, Schema>, "idempotency"> & { readonly idempotency?: Idempotency },
): TaskType<Type, Schema> {
  const { type, timeoutMs, attempts } = definition;
  if (!TYPE_PATTERN.test(type) || type.length > LONGEST_TYPE) {
    throw new TypeError(`Task type "${type}" must match ${TYPE_PATTERN} and have at most ${LONGEST_TYPE} characters.`);
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TypeError(`Task type "${type}": timeoutMs must be a whole number of milliseconds above 0.`);
  }
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MOST_ATTEMPTS) {
    throw new TypeError(`Task type "${type}": attempts must be a whole number from 1 to ${MOST_ATTEMPTS}.`);
  }
  return Object.freeze({ idempotency: "claim", ...definition });
}
