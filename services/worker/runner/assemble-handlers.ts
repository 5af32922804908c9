import type { Registry } from "../../../shared/contract/registry.ts";
import { ConfigError } from "../../../shared/runtime/config-error.ts";
import type { BoundHandler } from "./handler.ts";

/** A handler for each of a registry's task types, by type name, with none missing and none left over. */
export type HandlersFor<Tasks extends Registry> = {
  readonly [Task in Tasks["listed"][number] as Task["type"]]: BoundHandler<Task>;
};

/**
 * Checks that handlers and task types match, and passes each handler its settings.
 *
 * @param settings the parsed values of the variables that task types declare, by name.
 * @returns the handlers by task type.
 * @throws ConfigError with a sentence for each task type without a handler, and each handler without a task type.
 */
export function assembleHandlers<const Tasks extends Registry>(
  { types }: Tasks,
  handlers: HandlersFor<Tasks>,
  settings: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, BoundHandler> {
  const given = new Map<string, BoundHandler>(Object.entries(handlers));
  const problems = [...types.keys()]
    .filter((type) => !given.has(type))
    .map((type) => `Task type "${type}" has no handler.`);
  for (const [type, handler] of given) {
    const { taskType, inTransaction } = handler;
    if (!types.has(type)) {
      problems.push(`There is a handler for "${type}", which is not a task type in shared/tasks/index.ts.`);
    } else if (taskType !== types.get(type)) {
      problems.push(`The handler for "${type}" was bound to another task type, "${taskType.type}".`);
    } else if (inTransaction !== (taskType.idempotency === "transaction")) {
      const kind = inTransaction ? "bindHandler, since it doesn't run" : "bindTransactionHandler, since it runs";
      problems.push(`The handler for "${type}" must be made by ${kind} in a transaction.`);
    }
  }
  if (problems.length > 0) {
    const list = problems.map((problem) => `  - ${problem}`).join("\n");
    throw new ConfigError(`services/worker/handlers/index.ts and the task types don't match:\n${list}`);
  }
  return new Map([...given].map(([type, handler]) => [type, handler.withSettings(valuesFor(handler, settings))]));
}

function valuesFor({ taskType }: BoundHandler, settings: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(taskType.settings).map((name) => [name, settings.get(name)]));
}
