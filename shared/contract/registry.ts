import { CANARIES } from "../tasks/canary.ts";
import { publishDocument } from "../tasks/document-publish.ts";
import { transferBetweenAccounts } from "../tasks/ledger-transfer.ts";
import { deliverWebhook } from "../tasks/webhook-deliver.ts";
import type { TaskType } from "./task-type.ts";

/** The task types by their names. A Map, since names come from requests. */
export type Catalogue = ReadonlyMap<string, TaskType>;

/**
 * Makes a catalogue of task types.
 *
 * @throws TypeError when two have one name.
 */
export function createCatalogue(taskTypes: readonly TaskType[]): Catalogue {
  const catalogue = new Map<string, TaskType>();
  for (const taskType of taskTypes) {
    if (catalogue.has(taskType.type)) throw new TypeError(`Task type "${taskType.type}" is defined twice.`);
    catalogue.set(taskType.type, taskType);
  }
  return catalogue;
}

/** The task types that this product ships with. */
export const BUILT_IN_TASK_TYPES = createCatalogue([
  deliverWebhook,
  transferBetweenAccounts,
  publishDocument,
  ...CANARIES,
]);
