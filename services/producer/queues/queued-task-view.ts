import { z } from "@hono/zod-openapi";
import { taskOfDelivery } from "../../../shared/contract/envelope.ts";
import { isMarkedNatural, queueOf } from "../../../shared/contract/task-id.ts";
import { describeQueued } from "../tasks/status/task-status.ts";
import { EXAMPLE_ID, taskPath, taskViewSchema } from "../tasks/status/task-view.ts";
import type { ListedTask } from "./queue-control.ts";

const { state, lastError, parent, replayOf } = taskViewSchema.shape;

/** A task in a queue as the API shows it. */
export const queuedTaskSchema = z
  .object({
    id: z.string().openapi({
      description:
        "The task's id, the same on every hop. For a task that Handoff didn't enqueue: its name in Cloud Tasks.",
    }),
    type: z.string().optional().openapi({ description: "Missing if Handoff didn't enqueue the task." }),
    state,
    createdAt: z.iso.datetime().optional(),
    scheduleTime: z.iso.datetime().openapi({ description: "When the task, or its next attempt, is due." }),
    dispatchCount: z
      .int()
      .nonnegative()
      .openapi({ description: "How often Cloud Tasks has begun to deliver it since it was put into its queue." }),
    lastError,
    caller: z.string().optional().openapi({ description: "Who handed it over." }),
    parent,
    replayOf,
    links: z.object({
      self: z.string().optional().openapi({ description: "Missing if Handoff didn't enqueue the task." }),
    }),
  })
  .openapi("QueuedTask", {
    example: {
      id: EXAMPLE_ID,
      type: "webhook.deliver",
      state: "scheduled",
      createdAt: "2026-11-23T06:00:00.000Z",
      scheduleTime: "2026-11-24T06:00:00.000Z",
      dispatchCount: 0,
      caller: "shop@example.iam.gserviceaccount.com",
      links: { self: taskPath(EXAMPLE_ID) },
    },
  });

/** Describes a queued task to an operator, from the queue's data alone. */
export function describeListed(
  { name, task }: ListedTask,
  { key, nowMs }: { readonly key: string; readonly nowMs: number },
): z.infer<typeof queuedTaskSchema> {
  const id = taskOfDelivery(name);
  const isOurs = id !== undefined && queueOf(id) === key;
  const described = describeQueued(task, { isNatural: isOurs && isMarkedNatural(id), nowMs });
  const { type, createdAt, parent: follows, replayOf: repeats } = described;
  const { dispatchCount, caller } = task;
  const seen = {
    state: described.state,
    ...(createdAt === undefined ? {} : { createdAt }),
    scheduleTime: described.scheduleTime,
    dispatchCount,
    ...(described.lastError ? { lastError: described.lastError } : {}),
  };
  // Tasks that others enqueued may have any URL, and headers that look like ours.
  if (!isOurs) return { id: name, ...seen, links: {} };
  return {
    id,
    ...(type === undefined ? {} : { type }),
    ...seen,
    ...(caller === undefined ? {} : { caller }),
    ...(follows === undefined ? {} : { parent: follows }),
    ...(repeats === undefined ? {} : { replayOf: repeats }),
    links: { self: taskPath(id) },
  };
}
