import type * as z from "zod";
import { type Backoff, backoffProblem } from "./backoff.ts";
import type { DeadNotice } from "./new-task/dead-notice.ts";
import { type TaskSettings, settingProblems } from "./task-settings.ts";

/**
 * How a task type copes with repeated delivery, in order of preference:
 *
 * - `natural`: running the handler any number of times gives the same result, since the message holds all the state it
 *   needs.
 * - `transaction`: all effects are Firestore writes, committed together with the task's record.
 * - `claim`: the worker first claims the task's name. No two attempts run at once, but a crash between an external
 *   effect and the completion makes the handler run again.
 */
export type Idempotency = "natural" | "transaction" | "claim";

/** One kind of background work, as the producer, the worker and the infrastructure all see it. */
export interface TaskType<
  Type extends string = string,
  Schema extends z.ZodType = z.ZodType,
  Queue extends string = string,
  Kind extends Idempotency = Idempotency,
  Settings extends TaskSettings = TaskSettings,
> {
  /** Never changes: queued tasks carry it. */
  readonly type: Type;
  readonly payload: Schema;
  /** The key of the type's queue. */
  readonly queue: Queue;
  readonly idempotency: Kind;
  /** The handler's time limit in milliseconds, after which its AbortSignal fires. */
  readonly timeoutMs: number;
  /** Attempts before the task becomes a dead letter. */
  readonly attempts: number;
  /**
   * How often to check for a cancel while the handler runs, in milliseconds. Each check is one read; after a cancel the
   * AbortSignal fires. Default: never, but the handler can ask.
   */
  readonly cancelCheckMs?: number;
  /** The delays after failed attempts. Default: the queue's own backoff. */
  readonly backoff?: Backoff;
  /** The type of the task that is created when a task of this type dies, in the same commit. Default: none. */
  readonly onDead?: TaskType;
  /** The variables that the handler needs, by name. */
  readonly settings: Settings;
}

/** A task type as `defineTask` accepts it, with optional fields. */
export type TaskDefinition<
  Type extends string,
  Schema extends z.ZodType,
  Queue extends string,
  Kind extends Idempotency,
  Settings extends TaskSettings,
  OnDead extends TaskType,
> = Omit<TaskType<Type, Schema, Queue, Kind, Settings>, "idempotency" | "settings" | "onDead"> & {
  /** Default: `claim`. */
  readonly idempotency?: Kind;
  /** Default: none. */
  readonly settings?: Settings;
  /** A task type whose payload can be a `DeadNotice`. Default: none. */
  readonly onDead?: DeadNotice extends z.input<OnDead["payload"]> ? OnDead : never;
};

const TYPE_PATTERN = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/;
const MAX_TYPE_LENGTH = 100;
const MAX_ATTEMPTS = 100;
/** Whether a text is a well-formed task type. */
export function isTypeName(text: string): boolean {
  return TYPE_PATTERN.test(text) && text.length <= MAX_TYPE_LENGTH;
}

/** The least time between two checks for a cancel, in milliseconds. */
const MIN_CANCEL_CHECK_MS = 100;

/**
 * Defines a task type once, for every part of the system.
 *
 * @throws TypeError when the type's name, its timeout, its number of attempts, `cancelCheckMs`, `backoff` or a
 * setting isn't allowed. Its queue and `onDead` are checked by `defineRegistry`, and its time budget by `checkTimeBudgets`.
 */
export function defineTask<
  const Type extends string,
  Schema extends z.ZodType,
  const Queue extends string,
  const Kind extends Idempotency = "claim",
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- so that a setting that wasn't declared is a compile error
  Settings extends TaskSettings = Record<never, never>,
  OnDead extends TaskType = TaskType,
>(
  definition: TaskDefinition<Type, Schema, Queue, Kind, Settings, OnDead>,
): TaskType<Type, Schema, Queue, Kind, Settings>;
export function defineTask(
  definition: Omit<TaskType, "idempotency" | "settings"> & Partial<Pick<TaskType, "idempotency" | "settings">>,
): TaskType {
  const { type, timeoutMs, attempts, backoff, settings = {} } = definition;
  if (!isTypeName(type)) {
    throw new TypeError(
      `Task type "${type}" must match ${TYPE_PATTERN} and have at most ${MAX_TYPE_LENGTH} characters.`,
    );
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TypeError(`Task type "${type}": timeoutMs must be a whole number of milliseconds above 0.`);
  }
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS) {
    throw new TypeError(`Task type "${type}": attempts must be a whole number from 1 to ${MAX_ATTEMPTS}.`);
  }
  checkCancelCheck(definition);
  const problem = (backoff && backoffProblem(backoff)) ?? settingProblems(settings)[0];
  if (problem !== undefined) throw new TypeError(`Task type "${type}": ${problem}`);
  return Object.freeze({ idempotency: "claim", ...definition, settings });
}

function checkCancelCheck({ type, idempotency, timeoutMs, cancelCheckMs }: CancelCheck): void {
  if (cancelCheckMs === undefined) return;
  if (idempotency === "transaction") {
    throw new TypeError(
      `Task type "${type}": cancelCheckMs makes no sense for a transaction, since its lock makes a cancel wait.`,
    );
  }
  if (Number.isInteger(cancelCheckMs) && cancelCheckMs >= MIN_CANCEL_CHECK_MS && cancelCheckMs <= timeoutMs) return;
  throw new TypeError(
    `Task type "${type}": cancelCheckMs must be a whole number of milliseconds from ${MIN_CANCEL_CHECK_MS} to timeoutMs.`,
  );
}

type CancelCheck = Pick<TaskType, "type" | "timeoutMs" | "cancelCheckMs"> & Partial<Pick<TaskType, "idempotency">>;
