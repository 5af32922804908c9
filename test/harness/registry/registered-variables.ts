import { shardKeys } from "../../../shared/contract/queue-shards.ts";
import { localVariables } from "../../../shared/contract/task-settings.ts";
import { registry } from "../../../shared/tasks/index.ts";

/** The local-only settings of the registered task types, with their local values. */
export const LOCAL_ONLY_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(localVariables(registry.settings)).filter(([name]) => registry.settings.get(name)?.localOnly),
);

/** The made-up environment of a worker on Cloud Run with the registered task types. */
export const CLOUD_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(localVariables(registry.settings)).filter(([name]) => !registry.settings.get(name)?.localOnly),
);

/** The variable QUEUES, with a name for each shard of each registered queue. */
export function queuesVariableOf(nameOf: (key: string) => string): string {
  return JSON.stringify(
    Object.fromEntries([...registry.queues].map(([key, queue]) => [key, shardKeys(key, queue).map(nameOf)])),
  );
}
