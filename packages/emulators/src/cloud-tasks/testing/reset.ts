import type { History } from "./history.ts";
import type { Queue } from "../state/queue.ts";
import { parseQueueName } from "../api/resource-names.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { State } from "../state/state.ts";

/** What to reset, by default everything. */
export interface ResetOptions {
  /** A queue's full name. The queue and its settings stay. */
  readonly queue?: string;
  /** A project's id. All its queues are removed. */
  readonly project?: string;
  /** Whether to abort deliveries in progress, or to wait up to their deadlines. Default `abort`. */
  readonly inFlight?: "abort" | "await";
}

interface ResetDeps {
  readonly state: State;
  readonly scheduler: Scheduler;
  readonly history: History;
}

/**
 * Ends deliveries in progress, then removes tasks, reserved names and history; and queues, unless it is to reset one.
 *
 * @throws RangeError when the queue doesn't exist; NotStoredError when not everything could be reset, because the disk is
 * full for example.
 */
export async function reset({ queue, project, inFlight = "abort" }: ResetOptions, deps: ResetDeps): Promise<void> {
  const { state, scheduler, history } = deps;
  if (queue !== undefined && !state.queues.has(queue)) throw new RangeError(`The queue ${queue} does not exist.`);
  const isSelected = (name: string): boolean =>
    (queue === undefined || name === queue) && (project === undefined || parseQueueName(name)?.project === project);
  const graceMs = inFlight === "await" ? Number.POSITIVE_INFINITY : 0;
  await scheduler.stop({ graceMs, of: ({ name }: Queue) => isSelected(name.name) });

  const names = state.allQueueNames().filter(isSelected);
  try {
    for (const name of names) resetQueue(name, { keepQueue: queue !== undefined }, deps);
  } catch (error) {
    // Whatever couldn't be reset keeps running.
    for (const name of names) restartQueue(name, deps);
    throw error;
  }
  history.forget({ ...(queue === undefined ? {} : { queue }), ...(project === undefined ? {} : { project }) });
}

function resetQueue(name: string, { keepQueue }: { keepQueue: boolean }, { state, scheduler }: ResetDeps): void {
  const known = state.queues.get(name);
  state.commit({ kind: keepQueue ? "queue-emptied" : "queue-forgotten", queue: name });
  if (!known) return;
  scheduler.queueDeleted(known);
  if (keepQueue) scheduler.queueCreated(known);
}

function restartQueue(name: string, { state, scheduler }: ResetDeps): void {
  const known = state.queues.get(name);
  if (!known) return;
  scheduler.queueDeleted(known);
  scheduler.queueCreated(known);
}
