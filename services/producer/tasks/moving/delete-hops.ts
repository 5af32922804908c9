import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { type TaskId, isMarkedNatural } from "../../../../shared/contract/task-id.ts";
import { entryIdOf } from "../../../../shared/outbox/entry.ts";
import { DependencyError } from "../../../../shared/runtime/dependency-error.ts";
import { errorFields } from "../../../../shared/runtime/error-fields.ts";
import type { Logger } from "../../../../shared/runtime/log.ts";
import type { Producer } from "../../producer.ts";

/** How long Cloud Tasks may take to delete a task, in milliseconds. */
const DELETE_TIMEOUT_MS = 1_500;

/**
 * The hops to take out of the queue so that a task doesn't run at this one: the hop itself and, if the task is of a natural
 * type, its first, whose first delivery reads nothing. Deliveries of the hops in between find a later one in the record.
 */
export function hopsToDelete(hop: number, { isNatural }: { readonly isNatural: boolean }): readonly number[] {
  return isNatural && hop > 0 ? [hop, 0] : [hop];
}

/**
 * The entries to delete so that no relay puts a task back at this hop: its own and, as with its queue, that of a natural
 * task's first. A relay that failed may have left that although the task went on.
 */
export function entriesToDrop(
  task: Pick<Envelope, "payloadHash"> & { readonly id: TaskId },
  hop: number,
): readonly string[] {
  const hops = hopsToDelete(hop, { isNatural: isMarkedNatural(task.id) });
  return hops.map((one) => entryIdOf({ ...task, hop: one }));
}

/** Deletes hops of a task from its queue. False if Cloud Tasks didn't confirm that: they may or may not be there. */
export async function deleteHops(
  id: TaskId,
  hops: readonly number[],
  producer: Pick<Producer, "queue" | "clock" | "log">,
): Promise<boolean> {
  const { queue, clock, log } = producer;
  const deadline = { clock, timeoutMs: DELETE_TIMEOUT_MS };
  const remove = async (hop: number): Promise<true> => {
    await queue.delete({ id, hop }, deadline);
    return true;
  };
  const deleted = await Promise.all(hops.map((hop) => unlessUnavailable(() => remove(hop), { taskId: id, log })));
  return deleted.every((one) => one === true);
}

/** The result of a step that a service didn't confirm is undefined. It may or may not have taken effect. */
export async function unlessUnavailable<Result>(
  step: () => Promise<Result>,
  { taskId, log }: { readonly taskId: TaskId; readonly log: Logger },
): Promise<Result | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof DependencyError)) throw error;
    log.warn({ ...errorFields(error), taskId, dependency: error.dependency }, "a step was not confirmed");
    return undefined;
  }
}
