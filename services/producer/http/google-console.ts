import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import { queuesOf } from "../../../shared/contract/queue-shards.ts";
import { type TaskId, queueOf } from "../../../shared/contract/task-id.ts";

/** Addresses in Google Cloud's console, for people who may open it. */
export interface GoogleConsole {
  /** The page of a queue, by key: of its first shard, if it has several. */
  queue(key: string): string | undefined;
  /** The page of a queue, by its name in Cloud Tasks. */
  shard(name: string): string;
  /** The page of the queue in which a task is created. */
  queueOf(id: TaskId): string | undefined;
  /** A task's log lines of the last 30 days, which is the default retention. */
  logs(id: TaskId): string;
}

const CONSOLE = "https://console.cloud.google.com";

/** The console's addresses for a project. They are undocumented, so their form is copied from the console. */
export function googleConsole(on: {
  readonly project: string;
  readonly location: string;
  readonly queues: DeployedQueues;
}): GoogleConsole {
  const project = encodeURIComponent(on.project);
  const shard = (name: string): string => `${CONSOLE}/cloudtasks/queue/${on.location}/${name}/tasks?project=${project}`;
  return {
    shard,
    queue(key) {
      const queue = on.queues.get(key);
      return queue && shard(queue.names[0]);
    },
    queueOf(id) {
      const queue = on.queues.get(queueOf(id));
      return queue && shard(queuesOf(id, queue)[0]);
    },
    logs(id) {
      // docs/operating.md explains why it searches both.
      const query = encodeURIComponent(`labels.taskId="${id}" OR jsonPayload.taskId="${id}"`);
      return `${CONSOLE}/logs/query;query=${query};duration=P30D?project=${project}`;
    },
  };
}
