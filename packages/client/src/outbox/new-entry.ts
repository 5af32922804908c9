import * as z from "zod";
import {
  type RequestedDueTime,
  dueAtMsOf,
  dueTimeFields,
  dueTimeProblems,
} from "../../../../shared/contract/new-task/due-time.ts";
import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../../shared/contract/new-task/idempotency-key.ts";
import { payloadTextOf } from "../../../../shared/contract/new-task/payload-text.ts";
import { type TaskOrigin, deriveTaskId } from "../../../../shared/contract/task-id.ts";
import type { TaskType } from "../../../../shared/contract/task-type.ts";
import type { RequestProblem } from "../../../../shared/http/problem.ts";
import { schemaProblems } from "../../../../shared/http/schema-problems.ts";
import { type OutboxEntry, newTaskEntryId } from "../../../../shared/outbox/entry.ts";

/** The parts of a task type that enqueueing needs: any type made by `defineTask` will do. */
export type Target<Schema extends z.ZodType> = Pick<
  TaskType<string, Schema>,
  "type" | "payload" | "queue" | "idempotency"
>;

/** How to enqueue a task: at once, unless a due time is given. */
export interface EnqueueOptions extends RequestedDueTime {
  /**
   * 1 to 255 visible ASCII characters. Tasks of one type with the same key are one task. Derive it from data, not from
   * randomness: Firestore runs a transaction's callback again if the response of an applied commit was lost.
   */
  readonly idempotencyKey: string;
  /** How long to wait, in seconds, by this machine's clock. */
  readonly delaySeconds?: number | undefined;
  /** When the task is due, as RFC 3339 with a zone. */
  readonly scheduleTime?: string | undefined;
}

/** An entry that is ready to be written. */
export interface NewEntry {
  readonly id: string;
  readonly fields: OutboxEntry;
}

const optionsSchema = z.strictObject({
  idempotencyKey: z.string().refine(isIdempotencyKey, IDEMPOTENCY_KEY_FORM),
  ...dueTimeFields,
});

/**
 * The entry of a new task. `nowMs` is in milliseconds since the epoch.
 *
 * @throws TypeError when the payload doesn't match the type, or an option isn't allowed.
 */
export function newEntry<Schema extends z.ZodType>(
  task: {
    readonly taskType: Target<Schema>;
    readonly payload: z.input<Schema>;
    readonly caller: string | undefined;
    readonly nowMs: number;
  },
  given: EnqueueOptions,
): NewEntry {
  const { taskType, payload, caller, nowMs } = task;
  const { idempotencyKey, ...requested } = readOptions(given, nowMs);
  const { json, hash } = payloadTextOf(taskType, payload);
  const origin: TaskOrigin = ["outbox", taskType.type, idempotencyKey];
  const taskId = deriveTaskId(origin, taskType);
  const dueAtMs = dueAtMsOf(requested, nowMs);
  const fields: OutboxEntry = {
    taskId,
    type: taskType.type,
    payloadJson: json,
    origin,
    caller,
    enqueuedAt: new Date(nowMs).toISOString(),
    notBefore: dueAtMs === undefined ? undefined : new Date(dueAtMs).toISOString(),
    hop: 0,
  };
  return { id: newTaskEntryId(taskId, hash), fields };
}

function readOptions(given: EnqueueOptions, nowMs: number): z.output<typeof optionsSchema> {
  const { data, error } = optionsSchema.safeParse(given);
  const problems: readonly RequestProblem[] = data
    ? dueTimeProblems(data, nowMs)
    : schemaProblems(error, { value: given, root: "options" });
  if (data && problems.length === 0) return data;
  throw new TypeError(problems.map(({ path, message }) => `${path} ${message}`).join("; "));
}
