import { z } from "@hono/zod-openapi";
import { attemptViewSchema } from "./attempt-view.ts";
import { TIME_RULES } from "./next-attempt.ts";

const TASK_STATES = [
  "queued",
  "scheduled",
  "running",
  "waiting",
  "succeeded",
  "dead",
  "cancelled",
  "finished",
  "removed",
] as const;

const STATE_MEANINGS = [
  "queued: about to be delivered",
  "scheduled: not due yet, or snoozed by its handler",
  "running: an attempt is in progress",
  "waiting: an attempt failed or was refused, and the next one is at nextAttempt",
  "succeeded: done",
  "dead: not retried (see lastError), and kept as a dead letter",
  "cancelled: cancelled before it was done",
  "finished: it left its queue without a record, as tasks of natural types do when they succeed",
  "removed: it was taken out of its queue before it was done",
];

const RULE_MEANINGS = [
  "queue: its queue, which delivers as soon as it can and backs off after failures",
  "schedule: whoever handed it over",
  "run: whoever gave it another time since",
  "backoff: its type, after a failed attempt",
  "retry-after, snooze: its handler",
];

const time = z.iso.datetime();

/** A task's id in examples. */
export const EXAMPLE_ID = `${"9f2c".repeat(8)}-default`;

/** One that has failed once. */
export const TASK_EXAMPLE = {
  id: EXAMPLE_ID,
  type: "webhook.deliver",
  queue: "default",
  state: "waiting",
  attempts: 1,
  createdAt: "2026-11-23T06:00:00.000Z",
  scheduleTime: "2026-11-23T06:00:30.000Z",
  nextAttempt: "2026-11-23T06:00:30.000Z",
  nextRule: "queue",
  lastError: { code: "HTTP_503", message: "The subscriber answered 503." },
  links: { self: `/v1/tasks/${EXAMPLE_ID}`, queue: "/v1/queues/default" },
};

/** A task as the API shows it. */
export const taskViewSchema = z
  .object({
    id: z.string().openapi({
      description: "`<32 hex digits>[n]-<queue>`; n marks a natural type.",
      example: EXAMPLE_ID,
    }),
    type: z.string().optional().openapi({ description: "Missing if only the id of the task is known." }),
    queue: z.string(),
    caller: z.string().optional().openapi({
      description: "The account that handed it over, by its e-mail address. Missing if it isn't known.",
    }),
    state: z.enum(TASK_STATES).openapi({ description: `${STATE_MEANINGS.join("; ")}.` }),
    attempts: z.int().nonnegative().optional().openapi({
      description: "How many attempts of the handler have begun. Missing if only the id of the task is known.",
    }),
    createdAt: time.optional().openapi({
      description:
        "When the task was accepted: the same in every response. Missing if only the id of the task is known.",
    }),
    scheduleTime: time.optional().openapi({
      description:
        "When the task, or its next attempt, is due: up to ten years ahead, though no queue holds a task for so long. " +
        "Missing once it has left its queue.",
    }),
    finishedAt: time.optional(),
    lastError: z.object({ code: z.string(), message: z.string() }).optional().openapi({
      description: "Why the last attempt failed; delivery_failed if the worker refused it or could not be reached.",
    }),
    attemptLog: z.array(attemptViewSchema).optional().openapi({
      description: "The last ten attempts that ended, oldest first. Missing if none is recorded.",
    }),
    nextAttempt: time.optional().openapi({
      description: "When the task is tried next. Only while it is queued, scheduled or waiting.",
    }),
    nextRule: z
      .enum(TIME_RULES)
      .optional()
      .openapi({ description: `What set that time. ${RULE_MEANINGS.join("; ")}.` }),
    cancelRequested: z.literal(true).optional().openapi({
      description:
        "Set while the task is running if somebody has cancelled it: unless this attempt succeeds, it is cancelled.",
    }),
    payload: z
      .unknown()
      .optional()
      .openapi({
        description:
          "What the task carries: any JSON value. Only for operators who ask for it, while the task is queued, scheduled, " +
          "waiting or dead.",
      }),
    result: z.unknown().optional().openapi({ description: "What the handler returned: any JSON value." }),
    parent: z.string().optional().openapi({ description: "The task that it follows." }),
    children: z.array(z.string()).optional().openapi({ description: "The tasks that follow it." }),
    replayOf: z.string().optional().openapi({ description: "The dead letter that it repeats." }),
    links: z.object({
      self: z.string(),
      queue: z.string(),
      console: z.string().optional().openapi({
        description: "The page of its queue in Google Cloud's console. Missing where there is none: on a laptop.",
      }),
      logs: z.string().optional().openapi({ description: "What was logged about it. Missing on a laptop, too." }),
    }),
  })
  .openapi("Task", { example: TASK_EXAMPLE });

export type TaskView = z.infer<typeof taskViewSchema>;

/** The path of a task in the API. */
export function taskPath(id: string): string {
  return `/v1/tasks/${id}`;
}
