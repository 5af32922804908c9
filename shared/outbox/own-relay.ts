import { createInQueue } from "../queue/create-in-queue.ts";
import type { NewTask } from "../records/transition.ts";
import { DeadlineError, cancelAtDeadline } from "../runtime/deadline.ts";
import { errorFields } from "../runtime/error-fields.ts";
import { forEachConcurrently } from "../process/for-each-concurrently.ts";
import type { Relay } from "./relay.ts";
import { relaySafely } from "./relay-safely.ts";
import { dueTime, sealEntry } from "./seal-entry.ts";

/** How a worker puts follow-up tasks into their queues. */
export interface OwnRelay {
  /**
   * Relays entries that have just been committed. Entries that fail, or for which time runs out, are left to the
   * trigger and the sweep. It never rejects.
   *
   * @param untilMs when to stop starting new ones, in milliseconds since the epoch.
   */
  relay(entryIds: Iterable<string>, untilMs: number): Promise<void>;
  /**
   * Creates tasks directly. One that already exists counts as created.
   *
   * @param untilMs when to give up, in milliseconds since the epoch.
   * @returns whether all of them exist. If not, some of them may.
   */
  create(tasks: readonly NewTask[], untilMs: number): Promise<boolean>;
}

/** How many calls are made at once. */
const CONCURRENT_CALLS = 25;

/** A worker's relay. */
export function createOwnRelay(relay: Relay): OwnRelay {
  return {
    relay: (entryIds, untilMs) =>
      forEachConcurrently([...entryIds], CONCURRENT_CALLS, async (id) => {
        if (relay.clock.now() < untilMs) await relaySafely(id, relay, untilMs);
      }),
    async create(tasks, untilMs) {
      const { clock, log } = relay;
      let areAll = true;
      const createAll = (signal: AbortSignal): Promise<void> =>
        forEachConcurrently(tasks, CONCURRENT_CALLS, async (task) => {
          // One failure decides the result, so the rest can wait for the next attempt.
          if (!areAll || signal.aborted) return;
          if (!(await create(task, relay, signal))) areAll = false;
        });
      try {
        await cancelAtDeadline({ clock, timeoutMs: untilMs - clock.now() }, createAll);
        return areAll;
      } catch (error) {
        if (!(error instanceof DeadlineError)) throw error;
        log.warn({ tasks: tasks.length }, "follow-ups could not be created in time");
        return false;
      }
    },
  };
}

async function create(task: NewTask, relay: Relay, signal: AbortSignal): Promise<boolean> {
  const { clock, log } = relay;
  const nowMs = clock.now();
  const dueAtMs = dueTime(task, nowMs);
  const queued = { envelope: sealEntry(task, nowMs), ...(dueAtMs === undefined ? {} : { dueAtMs }) };
  const { taskId } = task.entry;
  try {
    const created = await createInQueue(queued, relay, signal);
    if (created.kind === "created" || created.kind === "exists") return true;
    log.warn({ taskId, reason: created.kind }, "a follow-up could not be created");
  } catch (error) {
    // For example, a missing permission. The task is tried again, as after any other failure of Cloud Tasks.
    log.error({ ...errorFields(error), taskId }, "a follow-up could not be created");
  }
  return false;
}
