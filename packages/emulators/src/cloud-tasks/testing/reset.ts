import type { History } from "./history.ts";
import type { Queue } from "../state/queue.ts";
import { parseQueueName } from "../api/resource-names.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { State } from "../state/state.ts";

/** What is to be as if it had never been: everything, unless narrowed. */
export interface ResetOptions {
  /** The full name of a queue, which stays, with its settings. */
  readonly queue?: string;
  /** The id of a project, all of whose queues go. */
  readonly project?: string;
  /** What becomes of deliveries under way: broken off, or awaited up to their deadlines. Default `abort`. */
  readonly inFlight?: "abort" | "await";
}

interface ResetDeps {
  readonly state: State;
  readonly scheduler: Scheduler;
  readonly history: History;
}

/**
 * Ends what is under way, then forgets tasks, taken names and history; and queues too, unless one queue is meant.
 *
 * @throws RangeError when there is no such queue.
 */
export async function reset({ queue, project, inFlight = "abort" }: ResetOptions, deps: ResetDeps): Promise<void> {
  const { state, scheduler, history } = deps;
  if (queue !== undefined && !state.queues.has(queue)) throw new RangeError(`There is no queue ${queue} to reset.`);
  const isMeant = (name: string): boolean =>
    (queue === undefined || name === queue) && (project === undefined || parseQueueName(name)?.project === project);
  const graceMs = inFlight === "await" ? Number.POSITIVE_INFINITY : 0;
  await scheduler.stop({ graceMs, of: ({ name }: Queue) => isMeant(name.name) });

  for (const name of state.allQueueNames().filter(isMeant)) {
    const known = state.queues.get(name);
    if (queue === undefined) state.commit({ kind: "queue-forgotten", queue: name });
    else state.commit({ kind: "queue-emptied", queue: name });
    if (known) scheduler.queueDeleted(known);
    if (known && queue !== undefined) scheduler.queueCreated(known);
  }
  history.forget({ ...(queue === undefined ? {} : { queue }), ...(project === undefined ? {} : { project }) });
}
