import { queuesOf } from "../../../shared/contract/queue-shards.ts";
import type { DeployedQueue } from "../../../shared/contract/queues.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";

/** What a deployed revision knows of the model's queue. A producer, a worker and a relay of each may be at work. */
export type Revision = DeployedQueue;

/** The two queues in which the model's task may be: by the number of shards before the change, and after it. */
export type Place = "earlier" | "current";

const BEFORE: Revision = {
  settings: { ...TEST_QUEUES.default, shards: { now: 2 } },
  names: ["default", "default-1"],
};

const AFTER: Revision = {
  settings: { ...TEST_QUEUES.default, shards: { now: 4, before: 2 } },
  names: ["default", "default-1", "default-2", "default-3"],
};

/** Which revisions are at work, as a rollout goes on: one, then two at once, then the other. */
const ROLLOUT: readonly (readonly [Revision, ...Revision[]])[] = [[BEFORE], [BEFORE, AFTER], [AFTER]];

export const BOTH_AT_WORK = 1;
export const ROLLED_OUT = 2;

/** The revisions that are at work at a stage of the rollout, the older one first. */
export function revisionsAt(stage: number): readonly [Revision, ...Revision[]] {
  return ROLLOUT[stage] ?? [AFTER];
}

/** The name in Cloud Tasks of the queue at a place. */
export function queueAt(place: Place, id: TaskId): string {
  return queuesOf(id, place === "earlier" ? BEFORE : AFTER)[0];
}

/** The place of a queue by its name in Cloud Tasks. */
export function placeOf(queue: string, id: TaskId): Place {
  return queue === queueAt("earlier", id) ? "earlier" : "current";
}

/** Whether a revision knows both numbers of shards. */
export function knowsBoth({ settings }: Revision): boolean {
  return settings.shards?.before !== undefined;
}
