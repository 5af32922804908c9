import type { QueueName } from "../api/resource-names.ts";
import type { QueueConfig } from "../wire/queue-config.ts";
import type { ReservedNames } from "./reserved-names.ts";
import type { Task } from "./task.ts";

/** An IAM policy, which has no effect. */
export interface Policy {
  readonly version: number;
  readonly bindings: readonly { readonly role: string; readonly members: readonly string[] }[];
  /** In base64. Another one for each policy that is set. */
  readonly etag?: string;
}

/** A queue without its tasks. */
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
  /** By task id, in the order of creation. */
  readonly tasks: Map<string, Task>;
  /** The ids of tasks that went. */
  readonly gone: ReservedNames;
}
