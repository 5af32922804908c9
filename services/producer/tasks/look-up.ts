import type { TaskId } from "../../../shared/contract/task-id.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { TaskFacts } from "./task-status.ts";

/**
 * Asks both the queue and the records about a task.
 *
 * @throws DependencyError if one of them fails.
 */
export async function lookUp(
  { id, view, signal }: { readonly id: TaskId; readonly view: "basic" | "full"; readonly signal: AbortSignal },
  { queue, records, clock }: Producer,
): Promise<TaskFacts> {
  const deadline = { clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal };
  const [sighting, record] = await Promise.all([queue.find(id, view, deadline), records.find(id, deadline)]);
  if (record || sighting.kind === "found") return { id, sighting, record };
  // The task may have run between the two responses. Then it has a record by now, which was read too early.
  return { id, sighting, record: await records.find(id, deadline) };
}
