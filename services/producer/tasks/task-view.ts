import { z } from "@hono/zod-openapi";

const TASK_STATES = [
  "queued",
  "scheduled",
  "running",
  "waiting",
  "succeeded",
  "dead",
  "cancelled",
  "finished",
] as const;

const STATE_MEANINGS = [
  "queued: about to be delivered",
  "scheduled: not due yet",
  "running: an attempt is in progress",
  "waiting: an attempt failed or was refused, and the next one is at nextAttempt",
  "succeeded: done",
  "dead: given up (see lastError) and kept as a dead letter",
  "cancelled: called off before it was done",
  "finished: it has left its queue without a record, as tasks do if their type needs none",
];

const time = z.iso.datetime();

/** A task as the API shows it. */
export const taskViewSchema = z
  .object({
    id: z.string().openapi({ description: "`<32 hex digits>-<queue>`.", example: `${"9f2c".repeat(8)}-default` }),
    type: z.string().optional().openapi({ description: "Missing if only the id of the task is known." }),
    queue: z.string(),
    state: z.enum(TASK_STATES).openapi({ description: `${STATE_MEANINGS.join("; ")}.` }),
    attempts: z.int().nonnegative().optional().openapi({
      description: "How many attempts of the handler have begun. Missing if only the id of the task is known.",
    }),
    createdAt: time.optional().openapi({
      description:
        "When the task was accepted: the same in every response. Missing if only the id of the task is known.",
    }),
    scheduleTime: time.optional().openapi({
      description: "When the task, or its next attempt, is due. Missing once it has left its queue.",
    }),
    finishedAt: time.optional(),
    lastError: z.object({ code: z.string(), message: z.string() }).optional().openapi({
      description: "Why the last attempt failed; delivery_failed if the worker refused it or could not be reached.",
    }),
    nextAttempt: time.optional().openapi({ description: "Only while the task is waiting." }),
    result: z.unknown().optional().openapi({ description: "What the handler returned: any JSON value." }),
    links: z.object({ self: z.string() }),
  })
  .openapi("Task");

export type TaskView = z.infer<typeof taskViewSchema>;

/** The path of a task in the API. */
export function taskPath(id: string): string {
  return `/v1/tasks/${id}`;
}
