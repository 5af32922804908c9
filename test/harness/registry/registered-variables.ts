import { localVariables } from "../../../shared/contract/task-settings.ts";
import { registry } from "../../../shared/tasks/index.ts";

/** What the registered task types declare that may be set on one machine only, with the value that it has there. */
export const LOCAL_ONLY_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(localVariables(registry.settings)).filter(([name]) => registry.settings.get(name)?.localOnly),
);

/** What a worker with the registered task types needs on Cloud Run, made up. */
export const CLOUD_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(localVariables(registry.settings)).filter(([name]) => !registry.settings.get(name)?.localOnly),
);

/** The variable QUEUES, with a name for each registered queue. */
export function queuesVariableOf(nameOf: (key: string) => string): string {
  return JSON.stringify(Object.fromEntries([...registry.queues.keys()].map((key) => [key, [nameOf(key)]])));
}
