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
  "running: an attempt is under way",
  "waiting: an attempt failed or was refused, the next one is at nextAttempt",
  "succeeded: done",
  "dead: given up, see lastError; it is among the dead letters",
  "cancelled: called off before it was done",
  "finished: it has left its queue and left no record, as tasks do that need none",
];

const time = z.iso.datetime();

/** A task in the API's answers. */
export const taskAnswerSchema = z
  .object({
    id: z.string().openapi({ description: "`<32 hex digits>-<queue>`.", example: `${"9f2c".repeat(8)}-default` }),
    type: z.string().optional().openapi({ description: "Missing when nothing but the id is known of the task." }),
    queue: z.string(),
    state: z.enum(TASK_STATES).openapi({ description: `${STATE_MEANINGS.join("; ")}.` }),
    attempts: z.int().nonnegative().optional().openapi({
      description: "Attempts of the handler that were begun. Missing when nothing but the id is known of the task.",
    }),
    createdAt: time.optional().openapi({
      description:
        "When the task was created, to the second; once it has left its queue, when its first attempt began. " +
        "Missing when nothing but the id is known of the task.",
    }),
    scheduleTime: time.optional().openapi({
      description: "When the task is due, or its next attempt is. Missing once it has left its queue.",
    }),
    finishedAt: time.optional(),
    lastError: z.object({ code: z.string(), message: z.string() }).optional().openapi({
      description: "Why the last attempt failed; delivery_failed when the worker refused it or could not be reached.",
    }),
    nextAttempt: time.optional().openapi({ description: "Present while the task is waiting." }),
    result: z.unknown().optional().openapi({ description: "What the handler returned; any JSON value." }),
    links: z.object({ self: z.string() }),
  })
  .openapi("Task");

export type TaskAnswer = z.infer<typeof taskAnswerSchema>;

/** The path of a task in this API. */
export function taskPath(id: string): string {
  return `/v1/tasks/${id}`;
}
