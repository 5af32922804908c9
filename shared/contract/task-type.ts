import type { z } from "zod";
import { type TaskSettings, settingProblems } from "./task-settings.ts";

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
export interface TaskType<
  Type extends string = string,
  Schema extends z.ZodType = z.ZodType,
  Queue extends string = string,
  Kind extends Idempotency = Idempotency,
  Settings extends TaskSettings = TaskSettings,
> {
  /** Stable for ever: queued tasks carry it. */
  readonly type: Type;
  readonly payload: Schema;
  /** The key of its queue. */
  readonly queue: Queue;
  readonly idempotency: Kind;
  /** The handler's budget in milliseconds; its AbortSignal fires when it is used up. */
  readonly timeoutMs: number;
  /** Attempts of the handler before the task becomes a dead letter. */
  readonly attempts: number;
  /** The variables that its handler needs, by their names. */
  readonly settings: Settings;
}

/** A task type as it is written down. */
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
 * @throws TypeError when the type's form, its timeout, its number of attempts or a setting is not allowed. What concerns
 * its queue is checked when it is registered, and its time budget by `checkTimeBudgets`.
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
