import type { Transaction } from "@google-cloud/firestore";
import type * as z from "zod";
import type { Json } from "../../../shared/contract/any-json.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import type { RequestProblem } from "../../../shared/http/problem.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import type { TaskError } from "../../../shared/records/task-record.ts";
import type { SettingValues } from "../../../shared/contract/task-settings.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import type { NewTask } from "../../../shared/records/transition.ts";
import { type Enqueue, type FollowUpOptions, type FollowUpRules, FollowUps } from "./follow-ups.ts";
import { keepableError, keepableResult } from "./keepable.ts";

/** How a handler says that its attempt ended. Throwing is for bugs and broken dependencies. */
export type HandlerResult =
  | { readonly kind: "succeeded"; readonly result: Json }
  /** Retry this task later; other tasks are fine. */
  | { readonly kind: "retry"; readonly error: TaskError; readonly retryAfterMs?: number }
  /**
   * Something that all tasks in the queue need is overloaded, so the whole queue should slow down. Counts no attempt.
   */
  | { readonly kind: "saturated"; readonly error: TaskError; readonly retryAfterMs?: number }
  /** There is nothing to do yet: run this task again later. Counts no attempt. */
  | { readonly kind: "snoozed"; readonly delay: SnoozeDelay }
  /** A retry can't help: the task becomes a dead letter. */
  | { readonly kind: "permanent"; readonly error: TaskError };

/** A time, in milliseconds since the epoch, or a number of milliseconds from now. */
export type SnoozeDelay = { readonly untilMs: number } | { readonly forMs: number };

/** How a handler ended, with the tasks that it has enqueued. They only count if it succeeded. */
export type HandlerEnd =
  | Exclude<HandlerResult, { readonly kind: "succeeded" }>
  | (Extract<HandlerResult, { readonly kind: "succeeded" }> & { readonly children?: readonly NewTask[] });

/**
 * The task is done. The result, a JSON value of at most 64 KiB and 64 levels, is kept in the task's status. Any other is
 * dropped, and so is one that JSON can't hold, such as NaN.
 */
export function succeeded(result: Json = null): HandlerResult {
  return { kind: "succeeded", result };
}

/**
 * Retry this task after `retryAfterMs` milliseconds, from 1 s to ten years; what is less or more is set to that. Default:
 * after the backoff of the task's type, or else of its queue.
 */
export function retryLater({ retryAfterMs, ...error }: TaskError & { retryAfterMs?: number }): HandlerResult {
  return retryAfterMs === undefined ? { kind: "retry", error } : { kind: "retry", error, retryAfterMs };
}

/** Something that all tasks in the queue need is overloaded: slow down the queue and retry. */
export function saturated({ retryAfterMs, ...error }: TaskError & { retryAfterMs?: number }): HandlerResult {
  return retryAfterMs === undefined ? { kind: "saturated", error } : { kind: "saturated", error, retryAfterMs };
}

/**
 * Run this task again at a certain time, or after some time: from 1 s to ten years from now; what is less or more is set to
 * that. It counts no attempt. A task that is snoozed 1,000 times in a row becomes a dead letter.
 *
 * @throws TypeError when that isn't a number.
 */
export function snooze(delay: SnoozeDelay): HandlerResult {
  const ms: unknown = "untilMs" in delay ? delay.untilMs : delay.forMs;
  if (typeof ms !== "number" || Number.isNaN(ms)) throw new TypeError("snooze needs a number.");
  return { kind: "snoozed", delay };
}

/** Never retry this task: keep it as a dead letter. */
export function failPermanently(error: TaskError): HandlerResult {
  return { kind: "permanent", error };
}

/** What the runner knows about an attempt. */
export interface RunContext {
  /**
   * Fires when the task's timeout has passed, on shutdown, and, if the task type has `cancelCheckMs`, after a cancel. Work
   * must stop then.
   */
  readonly signal: AbortSignal;
  /**
   * Asks whether somebody has cancelled the task: one read of Firestore. Whatever the attempt ends with then, unless it
   * succeeds, the task is cancelled. False if Firestore doesn't respond in time, and in a transaction, which makes a cancel
   * wait.
   */
  readonly isCancelled: () => Promise<boolean>;
  /** The same for every attempt of the task: pass it to remote services that can deduplicate. It is the task's id. */
  readonly idempotencyKey: string;
  /** 1 for the first attempt. A `natural` task's attempts are not counted, so it always sees 1. */
  readonly attempt: number;
  /** When the task was accepted, as RFC 3339. */
  readonly enqueuedAt: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Set for `transaction` tasks, and only for those. */
  readonly transaction?: Transaction;
  /** What the handler's follow-ups depend on. Without it, it can enqueue none. */
  readonly followUps?: FollowUpRules;
}

/** What a handler knows about its attempt. Each line of its `log` has the task's id and type. */
export interface HandlerContext<Task extends TaskType = TaskType> extends Omit<
  RunContext,
  "transaction" | "followUps"
> {
  /** Whether the task becomes a dead letter unless this attempt succeeds. */
  readonly isLastAttempt: boolean;
  /** The parsed values of the variables that the task type declares, by name. */
  readonly settings: SettingValues<Task["settings"]>;
  /** Enqueues a task that follows this one if the handler succeeds; see `Enqueue`. */
  readonly enqueue: Enqueue<Task["idempotency"]>;
}

/** A `transaction` task's handler reads and writes through the transaction, and may be called more than once. */
export interface TransactionContext<Task extends TaskType = TaskType> extends HandlerContext<Task> {
  readonly transaction: Transaction;
}

/** Runs a handler on a payload that has already been parsed. */
export type PreparedRun = (context: RunContext) => Promise<HandlerEnd>;

/** A task type and the function that does its work. */
export interface BoundHandler<Task extends TaskType = TaskType> {
  readonly taskType: Task;
  /** Whether the function needs a transaction. */
  readonly inTransaction: boolean;
  /** The same handler with the values of the variables that its task type declares. It can't run without them. */
  withSettings(settings: SettingValues<Task["settings"]>): BoundHandler<Task>;
  /** Parses the payload once, and lists what is wrong with it. */
  prepare(payload: unknown): { ok: true; run: PreparedRun } | { ok: false; problems: RequestProblem[] };
}

/** A task type whose handler runs without a transaction, and one whose handler runs inside one. */
export type OrdinaryTaskType = TaskType & { readonly idempotency: "natural" | "claim" };
export type TransactionTaskType = TaskType & { readonly idempotency: "transaction" };

/** Binds a `claim` or `natural` task type to the function that does its work. */
export function bindHandler<Task extends OrdinaryTaskType>(
  taskType: Task,
  handle: (payload: z.output<Task["payload"]>, context: HandlerContext<Task>) => Promise<HandlerResult>,
): BoundHandler<Task>;
export function bindHandler(
  taskType: TaskType,
  handle: (payload: unknown, context: HandlerContext) => Promise<HandlerResult>,
): BoundHandler {
  return bind({ taskType, inTransaction: false, handle });
}

/** Binds a `transaction` task type to the function that does its work inside the transaction. */
export function bindTransactionHandler<Task extends TransactionTaskType>(
  taskType: Task,
  handle: (payload: z.output<Task["payload"]>, context: TransactionContext<Task>) => Promise<HandlerResult>,
): BoundHandler<Task>;
export function bindTransactionHandler(
  taskType: TaskType,
  handle: (payload: unknown, context: TransactionContext) => Promise<HandlerResult>,
): BoundHandler {
  return bind({
    taskType,
    inTransaction: true,
    handle: (payload, context, transaction) => {
      if (!transaction) throw new TypeError(`${taskType.type} was run without its transaction.`);
      return handle(payload, { ...context, transaction });
    },
  });
}

/** A handler's parts, whatever its task type. */
interface Parts extends Pick<BoundHandler, "taskType" | "inTransaction"> {
  readonly handle: (payload: unknown, context: HandlerContext, transaction?: Transaction) => Promise<HandlerResult>;
  readonly settings?: HandlerContext["settings"];
}

function bind(parts: Parts): BoundHandler {
  const { taskType, inTransaction, handle } = parts;
  return {
    taskType,
    inTransaction,
    withSettings: (settings) => bind({ ...parts, settings }),
    prepare(payload) {
      const parsed = taskType.payload.safeParse(payload);
      if (parsed.success) {
        const run: PreparedRun = async ({ transaction, followUps, ...attempt }) => {
          // Each run has its own: Firestore may run a transaction again.
          const enqueued = new FollowUps(followUps, { clock: attempt.clock, kind: taskType.idempotency });
          const context = contextOf(attempt, parts, enqueued);
          try {
            const end = await handle(parsed.data, context, transaction);
            return keepableEnd(end, { context, children: enqueued.end() });
          } finally {
            enqueued.end();
          }
        };
        return { ok: true, run };
      }
      return { ok: false, problems: schemaProblems(parsed.error, { value: payload, path: ["payload"] }) };
    },
  };
}

function contextOf(
  attempt: Omit<RunContext, "transaction" | "followUps">,
  { taskType, settings }: Parts,
  enqueued: FollowUps,
): HandlerContext {
  const { type, attempts } = taskType;
  if (!settings && Object.keys(taskType.settings).length > 0) {
    throw new TypeError(`${type} was run without its settings.`);
  }
  let log: Logger | undefined;
  return {
    ...attempt,
    // Few handlers log, and making a logger takes longer than a line does.
    get log() {
      return (log ??= attempt.log.child({ taskId: attempt.idempotencyKey, taskType: type }));
    },
    isLastAttempt: attempt.attempt >= attempts,
    settings: settings ?? {},
    enqueue: (task: TaskType | string, payload: unknown, options?: FollowUpOptions) =>
      enqueued.add(task, payload, options),
  };
}

function keepableEnd(
  end: HandlerResult,
  { context, children }: { readonly context: Pick<HandlerContext, "log">; readonly children: readonly NewTask[] },
): HandlerEnd {
  if (end.kind === "snoozed") return end;
  if (end.kind !== "succeeded") return { ...end, error: keepableError(end.error) };
  const kept = { kind: "succeeded", result: keepableResult(end.result, context) } as const;
  return children.length === 0 ? kept : { ...kept, children };
}
