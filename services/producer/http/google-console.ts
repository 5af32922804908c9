import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";

/** Addresses in Google Cloud's console, for people who may open it. */
export interface GoogleConsole {
  /** The page of a queue, by its key. Tasks are created in the first of its names. */
  queue(key: string): string | undefined;
  /** What was logged about a task in the last 30 days, which is how long logs are kept by default. */
  logs(id: TaskId): string;
}

const CONSOLE = "https://console.cloud.google.com";

/** The console's addresses for a project, as the console itself writes them: no documentation states their form. */
export function googleConsole(on: {
  readonly project: string;
  readonly location: string;
  readonly queues: DeployedQueues;
}): GoogleConsole {
  const project = encodeURIComponent(on.project);
  return {
    queue(key) {
      const name = on.queues.get(key)?.names[0];
      return name === undefined
        ? undefined
        : `${CONSOLE}/cloudtasks/queue/${on.location}/${name}/tasks?project=${project}`;
    },
    logs(id) {
      // docs/operating.md says why in both.
      const query = encodeURIComponent(`labels.taskId="${id}" OR jsonPayload.taskId="${id}"`);
      return `${CONSOLE}/logs/query;query=${query};duration=P30D?project=${project}`;
    },
  };
}
