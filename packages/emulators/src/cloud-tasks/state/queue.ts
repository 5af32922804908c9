import type { QueueName } from "../api/resource-names.ts";
import type { QueueConfig } from "../wire/queue-config.ts";
import type { Task } from "./task.ts";

/** An IAM policy, kept and told without effect. */
export interface Policy {
  readonly version: number;
  readonly bindings: readonly { readonly role: string; readonly members: readonly string[] }[];
}

/** What is kept of a queue besides its tasks. */
export interface QueueSettings {
  readonly config: QueueConfig;
  readonly paused: boolean;
  readonly purgedMs?: number;
  readonly policy?: Policy;
}

/** A queue with its tasks. */
export interface Queue {
  readonly name: QueueName;
  settings: QueueSettings;
  /** By task id, in the order they were created. */
  readonly tasks: Map<string, Task>;
  /** Ids of tasks that are gone, with the time they went, oldest first: names that can't be used again yet. */
  readonly gone: Map<string, number>;
}
