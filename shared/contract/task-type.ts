import type { z } from "zod";
import { type TaskSettings, settingProblems } from "./task-settings.ts";

/**
 * How a task type copes with being delivered more than once, in order of preference:
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
> = Omit<TaskType<Type, Schema, Queue, Kind, Settings>, "idempotency" | "settings"> & {
  /** Default: `claim`. */
  readonly idempotency?: Kind;
  /** Default: none. */
  readonly settings?: Settings;
};

const TYPE_PATTERN = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/;
const LONGEST_TYPE = 100;
const MOST_ATTEMPTS = 100;

/**
 * Defines a task type once, for every part of the system.
 *
 * @throws TypeError when the type's name, its timeout, its number of attempts or a setting isn't allowed. Its queue is
 * checked by `defineRegistry`, and its time budget by `checkTimeBudgets`.
 */
export function defineTask<
  const Type extends string,
  Schema extends z.ZodType,
  const Queue extends string,
  const Kind extends Idempotency = "claim",
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- so that a setting that wasn't declared is a compile error
  Settings extends TaskSettings = Record<never, never>,
>(definition: TaskDefinition<Type, Schema, Queue, Kind, Settings>): TaskType<Type, Schema, Queue, Kind, Settings>;
export function defineTask(definition: TaskDefinition<string, z.ZodType, string, Idempotency, TaskSettings>): TaskType {
  const { type, timeoutMs, attempts, settings = {} } = definition;
  if (!TYPE_PATTERN.test(type) || type.length > LONGEST_TYPE) {
    throw new TypeError(`Task type "${type}" must match ${TYPE_PATTERN} and have at most ${LONGEST_TYPE} characters.`);
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TypeError(`Task type "${type}": timeoutMs must be a whole number of milliseconds above 0.`);
  }
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MOST_ATTEMPTS) {
    throw new TypeError(`Task type "${type}": attempts must be a whole number from 1 to ${MOST_ATTEMPTS}.`);
  }
  const [problem] = settingProblems(settings);
  if (problem !== undefined) throw new TypeError(`Task type "${type}": ${problem}`);
  return Object.freeze({ idempotency: "claim", ...definition, settings });
}
