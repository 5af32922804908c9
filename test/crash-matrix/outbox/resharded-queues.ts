import { queuesOf, shardKeys } from "../../../shared/contract/queue-shards.ts";
import type { DeployedQueues, Shards } from "../../../shared/contract/queues.ts";
import { type TaskId, queueOf } from "../../../shared/contract/task-id.ts";
import { TEST_QUEUES, deployTestQueues } from "../../harness/registry/test-queues.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";

/** What a revision knows of the queues: by default that there is one for each key. */
export const QUEUES = deployTestQueues((key) => `${key}-queue`);
/** Two revisions: a change of the default queue from 2 to 4 shards, before it and while it lasts. */
export const QUEUES_BEFORE = withShards({ now: 2 });
export const QUEUES_DURING = withShards({ now: 4, before: 2 });

/** The paths in Cloud Tasks of all queues that a revision may put a task of the default queue into. */
export const QUEUE_PATHS: readonly string[] = namesOf({ now: 4 }).map((name) => `${LOCATION}/queues/${name}`);

/** Which of a task's two queues: the one that the number before the change chooses, or the new one. */
export type ReshardedQueue = "before" | "new";

/** The name of a task's queue. */
export function queueNameOf(id: TaskId, which: ReshardedQueue): string {
  const queue = (which === "before" ? QUEUES_BEFORE : QUEUES_DURING).get(queueOf(id));
  if (!queue) throw new TypeError("The task is of no queue.");
  return queuesOf(id, queue)[0];
}

/** Whether a change of shards gives a task another queue. */
export function isMoved(id: TaskId): boolean {
  return queueNameOf(id, "before") !== queueNameOf(id, "new");
}

function namesOf(shards: Shards): readonly string[] {
  return shardKeys("default-queue", { shards });
}

function withShards(shards: Shards): DeployedQueues {
  const [first = "", ...others] = namesOf({ now: Math.max(shards.now, shards.before ?? 1) });
  const settings = { ...TEST_QUEUES.default, shards };
  return new Map([...QUEUES, ["default", { settings, names: [first, ...others] as const }]]);
}
