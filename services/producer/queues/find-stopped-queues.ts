import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { ShardStatus } from "./queue-control.ts";

/** How many queues are checked at once. */
const CONCURRENCY = 10;

/** How long a task may be overdue before a queue that delivers nothing counts as stopped. */
const DUE_MS = 600_000;

/** What a tick found out about the queues. */
export interface StoppedQueues {
  /** How many Cloud Tasks queues deliver nothing. */
  readonly stopped: number;
  /** Their names. */
  readonly names: readonly string[];
  /** How many registered queues couldn't be read. */
  readonly failed: number;
}

/**
 * Finds every queue that delivers nothing: paused and disabled ones, for which there is no metric, and those whose due
 * tasks aren't delivered. It never rejects.
 */
export async function findStoppedQueues({
  registry,
  queues,
  clock,
  log,
}: Pick<Producer, "registry" | "queues" | "clock" | "log">): Promise<StoppedQueues> {
  const names: string[] = [];
  let failed = 0;
  await forEachConcurrently([...registry.queues.keys()], CONCURRENCY, async (key) => {
    try {
      const { shards } = await queues.status(key, { clock, timeoutMs: LOOK_UP_TIMEOUT_MS });
      names.push(...shards.filter((shard) => isStopped(shard, clock.now())).map(({ name }) => name));
    } catch (error) {
      failed += 1;
      log.warn({ queue: key, ...errorFields(error) }, "a queue could not be looked at");
    }
  });
  return { stopped: names.length, names: names.toSorted(), failed };
}

/**
 * Cloud Tasks' "nearest time in the future" is of a task that still waits. If it is long past, the task should have
 * been delivered (https://cloud.google.com/tasks/docs/reference/rest/v2beta3/projects.locations.queues#queuestats).
 */
function isStopped({ state, nextDueAtMs, inFlight, dispatchedLastMinute }: ShardStatus, nowMs: number): boolean {
  if (state !== "running") return true;
  const isOverdue = nextDueAtMs !== undefined && nextDueAtMs < nowMs - DUE_MS;
  return isOverdue && inFlight === 0 && dispatchedLastMinute === 0;
}
